// Twins of the few calls of the CUDA runtime that the library makes, by their own names: devices whose memory is the host's
// and whose kernels run on the emulator. A device's number is the seed of its scheduling.
//
// What a stream is given runs late: some of it when more is given, as the seed decides, the rest when somebody waits. A copy
// from memory that is changed or freed too early is thus seen. Device memory begins as NaN and lies between pages that nobody
// may touch; copies must lie inside one allocation. A kernel that does what is forbidden loses its stream, and the text of
// that error says what it did.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

#include "emulator/block.h"

// With the runtime's own numbers.
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnsupported = 900,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
constexpr unsigned cudaStreamNonBlocking = 1;

struct dim3 {
  explicit dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  unsigned x, y, z;
};

struct cudaDeviceProp {
  char name[256];
  int major, minor, multiProcessorCount;
  size_t sharedMemPerBlockOptin;
};

namespace counterpoint::emulator {
struct Stream;
struct Graph;

cudaError_t enqueueKernel(Stream* stream, const void* kernel, const Shape& shape, std::function<void()> call);
cudaError_t allowShared(const void* kernel, int bytes);
}  // namespace counterpoint::emulator

using cudaStream_t = counterpoint::emulator::Stream*;
using cudaGraph_t = counterpoint::emulator::Graph*;
using cudaGraphExec_t = counterpoint::emulator::Graph*;

const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaSetDevice(int device);

cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocHost(void** memory, size_t bytes);
cudaError_t cudaFreeHost(void* memory);

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* instance, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t instance, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t instance);

template <class Arguments>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Arguments), cudaFuncAttribute, int bytes) {
  return counterpoint::emulator::allowShared(reinterpret_cast<const void*>(kernel), bytes);
}

template <class Arguments>
cudaError_t cudaLaunchKernel(void (*kernel)(Arguments), dim3 grid, dim3 block, void** arguments, size_t sharedBytes,
                             cudaStream_t stream) {
  const Arguments copy = *static_cast<const Arguments*>(arguments[0]);
  return counterpoint::emulator::enqueueKernel(
      stream, reinterpret_cast<const void*>(kernel),
      {{grid.x, grid.y, grid.z}, static_cast<int>(block.x), sharedBytes}, [kernel, copy] { kernel(copy); });
}
