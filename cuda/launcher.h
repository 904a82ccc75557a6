// What an op's function gets beside the op: a way to launch kernels on the device's stream, and memory to do it with.
//
// The function is called once for every instruction of a program that runs, or is recorded to be run again: what it does may
// depend on the op alone, never on what tensors hold. It only launches; nothing has been computed when it returns. Tensors'
// data are addresses on the device. It throws Error.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>

#include "generated/cuda-ops.h"
#include "machine/error.h"
#include "primitives/runtime.h"
#include "primitives/words.h"

namespace counterpoint::cuda {

// Throws Error where `result` is none of success.
void require(cudaError_t result);

// Blocks of a launch: x up to 2^31 - 1, y and z up to 65535.
struct Grid {
  int64_t x = 1, y = 1, z = 1;
};

// What tiles may be chosen by. Only what all devices of a model share, so that they compute the same bits.
struct Limits {
  int capability = 80;         // 10 major + minor
  int multiprocessors = 1;
  size_t sharedBytes = 49152;  // of one block, at most
};

class Launcher {
 public:
  virtual ~Launcher() = default;

  const Limits& limits() const { return deviceLimits; }

  // kernel(arguments) in `grid` blocks of `threads` threads (whole warps, as many as its KERNEL says), each with
  // `sharedBytes` of shared memory. Arguments are copied, up to 4 KiB.
  template <class Arguments>
  void launch(void (*kernel)(Arguments), Grid grid, int threads, size_t sharedBytes, const Arguments& arguments) {
    static_assert(std::is_trivially_copyable_v<Arguments> && sizeof(Arguments) <= 4096);
    check(grid, threads, sharedBytes);
    if (sharedBytes > 48 << 10) {
      constexpr auto limit = cudaFuncAttributeMaxDynamicSharedMemorySize;
      require(cudaFuncSetAttribute(kernel, limit, static_cast<int>(sharedBytes)));
    }
    void* list[] = {const_cast<Arguments*>(&arguments)};
    const dim3 blocks(static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y), static_cast<unsigned>(grid.z));
    require(cudaLaunchKernel(kernel, blocks, dim3(static_cast<unsigned>(threads)), list, sharedBytes, stream));
  }

  // Uninitialised memory on the device for `count` elements, at a multiple of 256 bytes, valid until the instruction's
  // kernels have ended; each call gives another.
  template <class T>
  T* scratch(int64_t count) {
    return static_cast<T*>(scratchBytes(static_cast<size_t>(count) * sizeof(T)));
  }

  // `tensor` in the layout of `count` elements that the kernels launched by `pack` write to its argument. Kept, and shared
  // by all programs, where the tensor is immutable; made anew in scratch memory elsewhere. `packing` is the layout's
  // name among all ops' layouts.
  template <class T>
  const T* packed(const Tensor& tensor, const char* packing, int64_t count, const std::function<void(T* out)>& pack) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    return static_cast<const T*>(packedBytes(tensor, packing, bytes, [&](void* out) { pack(static_cast<T*>(out)); }));
  }

 protected:
  Launcher(const Limits& limits, cudaStream_t stream) : deviceLimits(limits), stream(stream) {}

  virtual void* scratchBytes(size_t bytes) = 0;
  virtual const void* packedBytes(const Tensor& tensor, const char* packing, size_t bytes,
                                  const std::function<void(void* out)>& pack) = 0;

  const Limits deviceLimits;
  const cudaStream_t stream;

 private:
  // Throws Error where no device would launch that.
  void check(Grid grid, int threads, size_t sharedBytes) const;
};

// body(T{}) for the type T that elements of `dtype` are stored as; compute with toFloat(x) and round<T>(x).
template <class Body>
void withStorage(Dtype dtype, const Body& body) {
  if (dtype == Dtype::f32) return body(float{});
  if (dtype == Dtype::f16) return body(Half{});
  if (dtype == Dtype::bf16) return body(Brain{});
  throw Error{"CP_INTERNAL", "a kernel for floats was given integers"};
}

constexpr int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace counterpoint::cuda
