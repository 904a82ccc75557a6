// The CPU as a device: one queue thread, a pool of kernel threads, an arena as large as the largest loaded program's.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "generated/ops.h"
#include "machine/cpu-context.h"
#include "machine/device.h"
#include "machine/pool.h"

namespace counterpoint {

constexpr int maxThreads = 256;

class CpuDevice final : public Device {
 public:
  // `threads` 0: as many as this process may keep busy. `isa` "": the best this CPU has; else one of `isaNames`.
  // Throws Error CP_ARG_RANGE, CP_ISA_UNSUPPORTED.
  CpuDevice(int threads, const std::string& isa);
  ~CpuDevice() override { abort(); }

  DeviceFacts facts() const override;
  std::shared_ptr<Region> createRegion(uint64_t bytes) override;
  std::shared_ptr<const Program> load(const uint8_t* bytes, size_t size) override;

 private:
  void execute(const Program& program, Region& weights, Region& state, const Memory& inputs, const Job& job) override;
  void release() override { arena = Memory(); }
  uint64_t largestArena();

  Isa isa;
  Pool pool;

  std::mutex mutex;  // guards `loaded`
  std::vector<std::weak_ptr<const Program>> loaded;

  // Of the queue's thread.
  Memory arena;
  CpuContext context;
  std::vector<Tensor> tensors;
};

}  // namespace counterpoint
