// See runtime.h. Everything but the streams' work is guarded by one mutex; a stream belongs to the threads that use it.
#include "emulator/runtime.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace counterpoint::emulator {

namespace {

constexpr int devices = 16;
constexpr size_t totalBytes = size_t{8} << 30;
constexpr size_t page = 4096, memoryAlignment = 256;
// Of the smallest device there is.
constexpr size_t sharedBytesAtFirst = 48 << 10, sharedBytesAtMost = 99 << 10;
constexpr uint8_t poison = 0xff;

struct Allocation {
  uint8_t* pages;
  size_t pageBytes, bytes;
};

struct Everything {
  std::mutex mutex;
  std::map<uintptr_t, Allocation> allocations;  // by first byte
  size_t used = 0;
  std::map<const void*, size_t> sharedBytes;  // by kernel
};

Everything& everything() {
  static Everything instance;
  return instance;
}

thread_local int device = 0;
thread_local bool capturing = false;
thread_local std::string lastFailure;

size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

bool inOneAllocation(const void* memory, size_t bytes) {
  Everything& all = everything();
  std::lock_guard lock(all.mutex);
  const auto start = reinterpret_cast<uintptr_t>(memory);
  auto next = all.allocations.upper_bound(start);
  if (next == all.allocations.begin()) return false;
  const auto& [first, allocation] = *std::prev(next);
  return start - first <= allocation.bytes && bytes <= allocation.bytes - (start - first);
}

}  // namespace

using Work = std::function<void(uint64_t seed)>;

struct Graph {
  std::vector<Work> work;
};

struct Stream {
  std::deque<Work> waiting;
  std::mt19937_64 random;
  Graph* recorded = nullptr;
  cudaError_t error = cudaSuccess;

  cudaError_t give(Work work) {
    if (error != cudaSuccess) return error;
    if (recorded) {
      recorded->work.push_back(std::move(work));
      return cudaSuccess;
    }
    waiting.push_back(std::move(work));
    return run(random() % 3 == 0 ? random() % (waiting.size() + 1) : 0);
  }

  cudaError_t run(size_t count) {
    try {
      for (; count > 0 && error == cudaSuccess; --count) {
        const Work next = std::move(waiting.front());
        waiting.pop_front();
        next(random());
      }
    } catch (const Error& failure) {
      lastFailure = failure.what();
      error = cudaErrorLaunchFailure;
      waiting.clear();
    }
    return error;
  }
};

cudaError_t enqueueKernel(Stream* stream, const void* kernel, const Shape& shape, std::function<void()> call) {
  Everything& all = everything();
  {
    std::lock_guard lock(all.mutex);
    const auto raised = all.sharedBytes.find(kernel);
    const size_t limit = raised == all.sharedBytes.end() ? sharedBytesAtFirst : raised->second;
    if (shape.sharedBytes > limit) return cudaErrorInvalidValue;
  }
  const Coordinates grid = shape.grid;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
    return cudaErrorInvalidValue;
  }
  return stream->give([shape, call = std::move(call)](uint64_t seed) { launch(shape, seed, call); });
}

cudaError_t allowShared(const void* kernel, int bytes) {
  if (bytes < 0 || static_cast<size_t>(bytes) > sharedBytesAtMost) return cudaErrorInvalidValue;
  Everything& all = everything();
  std::lock_guard lock(all.mutex);
  all.sharedBytes[kernel] = static_cast<size_t>(bytes);
  return cudaSuccess;
}

}  // namespace counterpoint::emulator

using namespace counterpoint::emulator;

const char* cudaGetErrorString(cudaError_t error) {
  if (error == cudaErrorLaunchFailure) return lastFailure.c_str();
  if (error == cudaErrorMemoryAllocation) return "out of memory";
  if (error == cudaErrorInvalidDevice) return "invalid device ordinal";
  if (error == cudaErrorStreamCaptureUnsupported) return "operation not permitted when stream is capturing";
  return error == cudaSuccess ? "no error" : "invalid argument";
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = devices;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int index) {
  if (index < 0 || index >= devices) return cudaErrorInvalidDevice;
  *properties = {"emulated", 8, 6, 4, sharedBytesAtMost};
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int index) {
  if (index < 0 || index >= devices) return cudaErrorInvalidDevice;
  device = index;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  Everything& all = everything();
  std::lock_guard lock(all.mutex);
  *total = totalBytes;
  *free = totalBytes - all.used;
  return cudaSuccess;
}

// The last byte lies as close before a page that cannot be touched as the alignment allows, the first not before one.
cudaError_t cudaMalloc(void** memory, size_t bytes) {
  if (capturing) return cudaErrorStreamCaptureUnsupported;
  *memory = nullptr;
  if (bytes == 0) return cudaSuccess;
  Everything& all = everything();
  std::lock_guard lock(all.mutex);
  if (bytes > totalBytes - all.used) return cudaErrorMemoryAllocation;
  const size_t inner = roundUp(bytes, page), pageBytes = inner + 2 * page;
  void* mapped = mmap(nullptr, pageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return cudaErrorMemoryAllocation;
  auto* pages = static_cast<uint8_t*>(mapped);
  if (mprotect(pages + page, inner, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapped, pageBytes);
    return cudaErrorMemoryAllocation;
  }
  std::memset(pages + page, poison, inner);
  uint8_t* first = pages + page + inner - roundUp(bytes, memoryAlignment);
  all.allocations[reinterpret_cast<uintptr_t>(first)] = {pages, pageBytes, bytes};
  all.used += bytes;
  *memory = first;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (capturing) return cudaErrorStreamCaptureUnsupported;
  if (!memory) return cudaSuccess;
  Everything& all = everything();
  std::lock_guard lock(all.mutex);
  const auto found = all.allocations.find(reinterpret_cast<uintptr_t>(memory));
  if (found == all.allocations.end()) return cudaErrorInvalidValue;
  munmap(found->second.pages, found->second.pageBytes);
  all.used -= found->second.bytes;
  all.allocations.erase(found);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  *memory = std::malloc(bytes);
  return *memory || bytes == 0 ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new (std::nothrow) Stream;
  if (!*stream) return cudaErrorMemoryAllocation;
  (*stream)->random.seed(static_cast<uint64_t>(device));
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const cudaError_t result = cudaStreamSynchronize(stream);
  delete stream;
  return result;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->recorded) return cudaErrorStreamCaptureUnsupported;
  return stream->error == cudaSuccess ? stream->run(stream->waiting.size()) : stream->error;
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  if (!inOneAllocation(memory, bytes)) return cudaErrorInvalidValue;
  return stream->give([=](uint64_t) { std::memset(memory, value, bytes); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const bool toDevice = kind == cudaMemcpyHostToDevice;
  if (!inOneAllocation(toDevice ? to : from, bytes) || inOneAllocation(toDevice ? from : to, 1)) {
    return cudaErrorInvalidValue;
  }
  return stream->give([=](uint64_t) { std::memcpy(to, from, bytes); });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream->error != cudaSuccess) return stream->error;
  if (stream->recorded) return cudaErrorStreamCaptureUnsupported;
  stream->recorded = new (std::nothrow) Graph;
  if (!stream->recorded) return cudaErrorMemoryAllocation;
  capturing = true;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  capturing = false;
  *graph = std::exchange(stream->recorded, nullptr);
  return *graph ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* instance, cudaGraph_t graph, unsigned long long) {
  *instance = new (std::nothrow) Graph(*graph);
  return *instance ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t instance, cudaStream_t stream) {
  for (const Work& work : instance->work) {
    const cudaError_t result = stream->give(work);
    if (result != cudaSuccess) return result;
  }
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t instance) {
  delete instance;
  return cudaSuccess;
}
