// See device.h.
#include "backend/device.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace counterpoint::cuda {

namespace {

constexpr size_t scratchAlignment = 256;

size_t roundUp(size_t bytes) { return (bytes + scratchAlignment - 1) / scratchAlignment * scratchAlignment; }

std::string versionText(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// No driver and an old one give one error; only where there is none has it no version.
void requireDriver(cudaError_t counted) {
  if (counted != cudaErrorInsufficientDriver) return;
  int driver = 0;
  cudaDriverGetVersion(&driver);
  if (driver == 0) throw Error{"CP_CUDA_NO_DRIVER", "this machine has no NVIDIA driver"};
  throw Error{"CP_CUDA_DRIVER_TOO_OLD", "the NVIDIA driver is for CUDA " + versionText(driver) +
                                            ", this library needs CUDA 13.0: driver 580.65 or newer"};
}

KERNEL(32)
void selfTestKernel(int* out) { out[threadIndex()] = 3 * threadIndex() + 1; }

}  // namespace

Device* Device::open(int index) {
  int count = 0;
  const cudaError_t counted = cudaGetDeviceCount(&count);
  requireDriver(counted);
  if (counted != cudaSuccess || index < 0 || index >= count) {
    const std::string why = counted == cudaSuccess ? "" : std::string(": ") + cudaGetErrorString(counted);
    throw Error{"CP_CUDA_NO_DEVICE", "there is no GPU number " + std::to_string(index) + ", but " +
                                         (count == 0 ? "none" : std::to_string(count)) + why};
  }
  cudaDeviceProp properties;
  require(cudaGetDeviceProperties(&properties, index));
  const Limits limits{10 * properties.major + properties.minor, properties.multiProcessorCount,
                      properties.sharedMemPerBlockOptin};
  if (limits.capability < 80) {
    throw Error{"CP_CUDA_UNSUPPORTED_GPU", std::string(properties.name) + " has compute capability " +
                                               std::to_string(properties.major) + "." +
                                               std::to_string(properties.minor) + ", expected 8.0 or above"};
  }
  require(cudaSetDevice(index));
  cudaStream_t stream = nullptr, side = nullptr;
  require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  const cudaError_t second = cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking);
  if (second != cudaSuccess) cudaStreamDestroy(stream);
  require(second);
  std::unique_ptr<Device> device(new Device(index, limits, stream, side));
  device->selfTest();
  return device.release();
}

Device::Device(int index, const Limits& limits, cudaStream_t stream, cudaStream_t side)
    : Launcher(limits, stream), index(index), side(side) {}

Device::~Device() {
  cudaSetDevice(index);
  cudaStreamDestroy(side);
  cudaStreamDestroy(stream);
}

void Device::selfTest() {
  constexpr int count = 32;
  int got[count] = {};
  const DeviceMemory out(sizeof got);
  try {
    launch(selfTestKernel, {1}, count, 0, reinterpret_cast<int*>(out.data()));
    require(cudaMemcpyAsync(got, out.data(), sizeof got, cudaMemcpyDeviceToHost, stream));
    require(cudaStreamSynchronize(stream));
  } catch (const Error& error) {
    throw Error{"CP_CUDA_SELFTEST", std::string(description().name) + " did not run a kernel: " + error.message};
  }
  for (int i = 0; i < count; ++i) {
    if (got[i] != 3 * i + 1) throw Error{"CP_CUDA_SELFTEST", std::string(description().name) + " computes wrong numbers"};
  }
}

void Device::use() const { require(cudaSetDevice(index)); }

CounterpointCudaDescription Device::description() const {
  CounterpointCudaDescription description{{}, limits().capability, limits().multiprocessors, 0, 0};
  cudaDeviceProp properties;
  require(cudaGetDeviceProperties(&properties, index));
  std::memcpy(description.name, properties.name, sizeof description.name);
  size_t free = 0, total = 0;
  require(cudaMemGetInfo(&free, &total));
  description.freeBytes = free, description.totalBytes = total;
  return description;
}

void Device::requireFree(uint64_t bytes, const char* what) const {
  size_t free = 0, total = 0;
  require(cudaMemGetInfo(&free, &total));
  if (bytes <= free) return;
  throw Error{"CP_OOM_DEVICE", std::string(what) + ": needs " + std::to_string(bytes) + " bytes of the GPU's memory, " +
                                   std::to_string(free) + " of " + std::to_string(total) + " are free"};
}

Region* Device::createRegion(uint64_t bytes) {
  requireFree(bytes, "a region");
  std::unique_ptr<Region> region(new Region{*this, DeviceMemory(bytes), ++lastVersion, {}});
  if (bytes > 0) {
    require(cudaMemsetAsync(region->memory.data(), 0, bytes, side));
    require(cudaStreamSynchronize(side));
  }
  return region.release();
}

void Device::write(Region& region, uint64_t offset, const void* data, uint64_t bytes) {
  region.packings.clear();
  region.version = ++lastVersion;
  if (bytes == 0) return;
  require(cudaMemcpyAsync(region.memory.data() + offset, data, bytes, cudaMemcpyHostToDevice, stream));
  require(cudaStreamSynchronize(stream));
}

void Device::read(const Region& region, uint64_t offset, void* data, uint64_t bytes) {
  if (bytes == 0) return;
  require(cudaMemcpyAsync(data, region.memory.data() + offset, bytes, cudaMemcpyDeviceToHost, stream));
  require(cudaStreamSynchronize(stream));
}

Program* Device::load(std::vector<Instruction> instructions, uint64_t inputBytes, uint64_t arenaBytes) {
  requireFree(inputBytes + (arenaBytes > largestArena() ? arenaBytes : 0), "a program's inputs and intermediate values");
  std::unique_ptr<Program> program(
      new Program{*this, std::move(instructions), arenaBytes, HostMemory(inputBytes), DeviceMemory(inputBytes), {}});
  std::lock_guard lock(mutex);
  programs.insert(program.get());
  return program.release();
}

uint64_t Device::largestArena() {
  std::lock_guard lock(mutex);
  uint64_t largest = 0;
  for (const Program* program : programs) largest = std::max(largest, program->arenaBytes);
  return largest;
}

Program::~Program() {
  {
    std::lock_guard lock(device.mutex);
    device.programs.erase(this);
  }
  if (graph) cudaGraphExecDestroy(graph);
}

void Device::run(Program& program, Region& weights, Region& state, const void* inputs, const Cancelled& cancelled) {
  const uint64_t arenaBytes = largestArena();
  if (arena.bytes() != arenaBytes) {
    arena = DeviceMemory();
    requireFree(arenaBytes, "intermediate values");
    arena = DeviceMemory(arenaBytes);
  }
  const size_t inputBytes = program.inputsOnHost.bytes();
  if (inputBytes > 0) std::memcpy(program.inputsOnHost.data(), inputs, inputBytes);
  const auto addresses = [&]() -> Addresses {
    return {arena.data(), scratch.empty() ? nullptr : scratch.back().data(), weights.version, state.memory.data()};
  };
  if (program.ranOver != addresses()) {
    if (program.graph) require(cudaGraphExecDestroy(std::exchange(program.graph, nullptr)));
    program.ranOver = {};
    enqueue(program, weights, state, cancelled, true);
    program.ranOver = addresses();
    return;
  }
  if (cancelled()) throw Error{"CP_CANCELLED", "cancelled"};
  if (!program.graph) record(program, weights, state, cancelled);
  require(cudaGraphLaunch(program.graph, stream));
  require(cudaStreamSynchronize(stream));
}

void Device::enqueue(Program& program, Region& weights, Region& state, const Cancelled& cancelled, bool waiting) {
  const size_t inputBytes = program.inputs.bytes();
  if (inputBytes > 0) {
    require(cudaMemcpyAsync(program.inputs.data(), program.inputsOnHost.data(), inputBytes, cudaMemcpyHostToDevice, stream));
  }
  uint8_t* const bases[regionCount] = {weights.memory.data(), state.memory.data(), program.inputs.data(), arena.data()};
  weightsOfRun = &weights;
  std::vector<Tensor> tensors;
  int64_t position = 0;
  for (const auto& [op, operands, attributes] : program.instructions) {
    try {
      if (cancelled()) throw Error{"CP_CANCELLED", "cancelled"};
      tensors.clear();
      for (const Operand& operand : operands) {
        Tensor& tensor = tensors.emplace_back(operand.tensor);
        if (operand.region >= 0) tensor.data = bases[operand.region] + operand.offset;
      }
      op->run(op->function, tensors.data(), attributes.data(), *this);
      if (waiting) require(cudaStreamSynchronize(stream));
      releaseScratch();
    } catch (...) {
      if (waiting) cudaStreamSynchronize(stream);
      releaseScratch();
      Error error = currentError();
      error.instruction = position;
      throw error;
    }
    ++position;
  }
  if (waiting) require(cudaStreamSynchronize(stream));
}

void Device::record(Program& program, Region& weights, Region& state, const Cancelled& cancelled) {
  require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  cudaGraph_t graph = nullptr;
  try {
    enqueue(program, weights, state, cancelled, false);
  } catch (...) {
    if (cudaStreamEndCapture(stream, &graph) == cudaSuccess) cudaGraphDestroy(graph);
    throw;
  }
  require(cudaStreamEndCapture(stream, &graph));
  const cudaError_t made = cudaGraphInstantiate(&program.graph, graph, 0);
  cudaGraphDestroy(graph);
  require(made);
}

void* Device::scratchBytes(size_t bytes) {
  const size_t wanted = roundUp(std::max<size_t>(bytes, 1));
  if (scratch.empty() || scratch.back().bytes() - scratchUsed < wanted) {
    scratch.emplace_back(wanted);
    scratchUsed = 0;
  }
  void* block = scratch.back().data() + scratchUsed;
  scratchUsed += wanted;
  return block;
}

// One block as large as all that the instruction took; only while nothing runs can there be more than one.
void Device::releaseScratch() {
  if (scratch.size() > 1) {
    size_t total = 0;
    for (const DeviceMemory& block : scratch) total += block.bytes();
    scratch.clear();
    scratch.emplace_back(total);
  }
  scratchUsed = 0;
}

const void* Device::packedBytes(const Tensor& tensor, const char* packing, size_t bytes,
                                const std::function<void(void*)>& pack) {
  if (!tensor.immutable) {
    void* out = scratchBytes(bytes);
    pack(out);
    return out;
  }
  const auto key = std::make_tuple(static_cast<const void*>(tensor.data), tensor.rows(), tensor.columns(),
                                   std::string(packing), bytes);
  auto& packings = weightsOfRun->packings;
  const auto found = packings.find(key);
  if (found != packings.end()) return found->second.data();
  DeviceMemory block(bytes);
  pack(block.data());
  return packings.emplace(key, std::move(block)).first->second.data();
}

}  // namespace counterpoint::cuda
