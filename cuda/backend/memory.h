// Memory of a device, and of the host where a device copies from, each owned by one object.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "launcher.h"

namespace counterpoint::cuda {

template <cudaError_t (*allocate)(void**, size_t), cudaError_t (*release)(void*)>
class Allocation {
 public:
  Allocation() = default;
  explicit Allocation(size_t bytes) : size(bytes) {
    if (bytes > 0) require(allocate(&start, bytes));
  }
  ~Allocation() {
    if (start) release(start);
  }
  Allocation(Allocation&& other) noexcept
      : start(std::exchange(other.start, nullptr)), size(std::exchange(other.size, 0)) {}
  Allocation& operator=(Allocation&& other) noexcept {
    std::swap(start, other.start);
    std::swap(size, other.size);
    return *this;
  }

  uint8_t* data() const { return static_cast<uint8_t*>(start); }
  size_t bytes() const { return size; }

 private:
  void* start = nullptr;
  size_t size = 0;
};

inline cudaError_t allocateDevice(void** memory, size_t bytes) { return cudaMalloc(memory, bytes); }
inline cudaError_t allocateHost(void** memory, size_t bytes) { return cudaMallocHost(memory, bytes); }

using DeviceMemory = Allocation<allocateDevice, cudaFree>;
using HostMemory = Allocation<allocateHost, cudaFreeHost>;  // locked in place, so that copies need no other

}  // namespace counterpoint::cuda
