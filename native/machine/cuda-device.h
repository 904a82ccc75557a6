// A GPU, or an emulated one, as a device: the library of cuda/ behind the queue and the verified programs that all devices
// have.
#pragma once
#include <memory>
#include <string>

#include "machine/cuda-library.h"
#include "machine/device.h"

namespace counterpoint {

class CudaDevice final : public Device {
 public:
  // GPU `index` by the library at `path`. Throws Error as CudaLibrary and counterpointCudaOpen do.
  CudaDevice(const std::string& path, int index);
  ~CudaDevice() override { abort(); }

  DeviceFacts facts() const override;
  std::shared_ptr<Region> createRegion(uint64_t bytes) override;
  std::shared_ptr<const Program> load(const uint8_t* bytes, size_t size) override;

  // The library's device, closed after the last region and program of it.
  struct Opened;

 private:
  void execute(const Program& program, Region& weights, Region& state, const Memory& inputs, const Job& job) override;

  std::shared_ptr<const Opened> opened;
};

}  // namespace counterpoint
