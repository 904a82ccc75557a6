// A device behind the C functions of abi.h: regions of its memory, loaded programs, and how a program runs.
//
// The first run of a program over given memory launches instruction by instruction, and waits after each: weights are packed,
// scratch memory finds its size, and an error names its instruction. The second is recorded as a graph, and replayed from
// then on with one call, as long as the memory is the same.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "backend/abi.h"
#include "backend/memory.h"
#include "launcher.h"

namespace counterpoint::cuda {

constexpr int regionCount = 4;

// A region with the packings of the tensors in it.
struct Region {
  class Device& device;
  DeviceMemory memory;
  uint64_t version;  // another one for every region and after every write; what was packed before is gone
  // By the tensor's data, rows and columns, and the layout's name and bytes.
  std::map<std::tuple<const void*, int64_t, int64_t, std::string, size_t>, DeviceMemory> packings;
};

struct Operand {
  Tensor tensor;    // without its data
  int region = -1;  // absent
  uint64_t offset = 0;
};

struct Instruction {
  const OpEntry* op;
  std::vector<Operand> operands;
  std::vector<double> attributes;
};

// All the addresses that a recorded run depends on.
using Addresses = std::tuple<const void*, const void*, uint64_t, const void*>;  // arena, scratch, weights, state

struct Program {
  ~Program();

  class Device& device;
  std::vector<Instruction> instructions;
  uint64_t arenaBytes;
  HostMemory inputsOnHost;
  DeviceMemory inputs;
  Addresses ranOver;                  // the last time
  cudaGraphExec_t graph = nullptr;  // that run, recorded
};

using Cancelled = std::function<bool()>;

class Device final : private Launcher {
 public:
  // Throws Error as counterpointCudaOpen fails.
  static Device* open(int index);
  ~Device() override;

  // Makes it the calling thread's device.
  void use() const;

  CounterpointCudaDescription description() const;

  // Whoever gets these deletes them. Both throw CP_OOM_DEVICE before anything is allocated.
  Region* createRegion(uint64_t bytes);
  Program* load(std::vector<Instruction> instructions, uint64_t inputBytes, uint64_t arenaBytes);

  void write(Region& region, uint64_t offset, const void* data, uint64_t bytes);
  void read(const Region& region, uint64_t offset, void* data, uint64_t bytes);

  // Throws Error with the instruction where one is to blame.
  void run(Program& program, Region& weights, Region& state, const void* inputs, const Cancelled& cancelled);

 private:
  Device(int index, const Limits& limits, cudaStream_t stream, cudaStream_t side);

  friend struct Program;

  void selfTest();
  void requireFree(uint64_t bytes, const char* what) const;
  uint64_t largestArena();
  void enqueue(Program& program, Region& weights, Region& state, const Cancelled& cancelled, bool waiting);
  void record(Program& program, Region& weights, Region& state, const Cancelled& cancelled);

  void* scratchBytes(size_t bytes) override;
  const void* packedBytes(const Tensor& tensor, const char* packing, size_t bytes,
                          const std::function<void(void*)>& pack) override;
  void releaseScratch();

  const int index;
  const cudaStream_t side;  // for what must not wait for the runs: zeroing memory
  std::atomic<uint64_t> lastVersion{0};

  std::mutex mutex;  // guards `programs`
  std::set<const Program*> programs;

  // Of the thread that runs programs.
  DeviceMemory arena;
  std::vector<DeviceMemory> scratch;  // handed out front to back; the last one is in use
  size_t scratchUsed = 0;             // bytes of the last
  Region* weightsOfRun = nullptr;
};

}  // namespace counterpoint::cuda
