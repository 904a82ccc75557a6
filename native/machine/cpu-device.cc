// See cpu-device.h.
#include "machine/cpu-device.h"

#include <algorithm>
#include <cstring>

#include "machine/isa.h"

namespace counterpoint {

namespace {

Isa chooseIsa(const std::string& wanted) {
  std::string names;
  for (int i = 0; i < isaCount; ++i) {
    const bool has = supported(static_cast<Isa>(i));
    if (has && (wanted.empty() || wanted == isaNames[i])) return static_cast<Isa>(i);
    if (wanted == isaNames[i]) throw Error{"CP_ISA_UNSUPPORTED", "this CPU does not have " + wanted};
    names += (i ? ", \"" : "\"") + std::string(isaNames[i]) + "\"";
  }
  throw Error{"CP_ARG_RANGE", "isa: got \"" + wanted + "\", expected one of " + names};
}

int chooseThreads(int wanted) {
  if (wanted < 0 || wanted > maxThreads) {
    const std::string limit = std::to_string(maxThreads);
    throw Error{"CP_ARG_RANGE", "threads: got " + std::to_string(wanted) + ", expected 1 to " + limit};
  }
  return wanted == 0 ? std::min(availableThreads(), maxThreads) : wanted;
}

void requireBytes(bool fits, const char* name, uint64_t got, uint64_t expected) {
  if (fits) return;
  const std::string need = std::to_string(expected);
  throw Error{"CP_ARG_SHAPE", std::string(name) + ": got " + std::to_string(got) + " bytes, the program needs " + need};
}

void requireRange(const Region& region, uint64_t offset, uint64_t bytes) {
  const uint64_t size = region.memory.size();
  if (offset <= size && bytes <= size - offset) return;
  throw Error{"CP_ARG_RANGE", std::to_string(bytes) + " bytes at " + std::to_string(offset) +
                                  " do not lie in a region of " + std::to_string(size)};
}

}  // namespace

CpuDevice::CpuDevice(int threads, const std::string& isaName)
    : isa(chooseIsa(isaName)), pool(chooseThreads(threads)), context(pool) {}

const char* CpuDevice::isaName() const { return isaNames[static_cast<int>(isa)]; }

std::shared_ptr<const Program> CpuDevice::load(const uint8_t* bytes, size_t size) {
  auto program = std::make_shared<const Program>(bytes, size, Storage::f32);
  std::lock_guard lock(mutex);
  loaded.push_back(program);
  return program;
}

uint64_t CpuDevice::largestArena() {
  std::lock_guard lock(mutex);
  const auto gone = [](const std::weak_ptr<const Program>& program) { return program.expired(); };
  loaded.erase(std::remove_if(loaded.begin(), loaded.end(), gone), loaded.end());
  uint64_t largest = 0;
  for (const auto& entry : loaded) {
    if (const auto program = entry.lock()) largest = std::max(largest, program->regionBytes(RegionKind::arena));
  }
  return largest;
}

void CpuDevice::run(std::unique_ptr<Job> job, std::shared_ptr<const Program> program, std::shared_ptr<Region> weights,
                    std::shared_ptr<Region> state, Memory inputs) {
  const auto require = [&](const char* name, const Memory& memory, RegionKind kind, bool exactly) {
    const uint64_t got = memory.size(), expected = program->regionBytes(kind);
    requireBytes(exactly ? got == expected : got >= expected, name, got, expected);
  };
  require("weights", weights->memory, RegionKind::weights, false);
  require("state", state->memory, RegionKind::state, false);
  require("inputs", inputs, RegionKind::inputs, true);
  if (weights == state) throw Error{"CP_ARG_CONFLICT", "weights and state are one region"};
  auto held = std::make_shared<Memory>(std::move(inputs));
  job->work = [=](Job& self) { execute(*program, *weights, *state, *held, self); };
  queue.submit(std::move(job));
}

void CpuDevice::execute(const Program& program, Region& weights, Region& state, const Memory& inputs, const Job& job) {
  const uint64_t arenaBytes = largestArena();
  if (arena.size() != arenaBytes) {
    arena = Memory();
    arena = Memory(arenaBytes);
  }
  state.packings.clear();  // of a time when this region served as weights
  context.use(weights.packings);
  uint8_t* const bases[regionCount] = {weights.memory.data(), state.memory.data(), inputs.data(), arena.data()};
  int64_t index = 0;
  for (const Instruction& instruction : program.instructions()) {
    try {
      if (job.cancelled) throw Error{"CP_CANCELLED", "cancelled"};
      tensors.clear();
      for (const Operand& operand : instruction.operands) {
        Tensor& tensor = tensors.emplace_back(operand.tensor);
        if (operand.present) tensor.data = bases[static_cast<int>(operand.region)] + operand.offset;
      }
      instruction.op->run[static_cast<int>(isa)](tensors.data(), instruction.attributes.data(), context);
      context.release();
    } catch (...) {
      context.release();
      Error error = currentError();
      error.instruction = index;
      error.frame = program.frame(instruction);
      throw error;
    }
    ++index;
  }
}

void CpuDevice::write(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset,
                      std::vector<uint8_t> bytes) {
  requireRange(*region, offset, bytes.size());
  job->work = [region = std::move(region), offset, bytes = std::move(bytes)](Job&) {
    region->packings.clear();
    if (!bytes.empty()) std::memcpy(region->memory.data() + offset, bytes.data(), bytes.size());
  };
  queue.submit(std::move(job));
}

void CpuDevice::read(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset, uint64_t bytes) {
  requireRange(*region, offset, bytes);
  job->work = [region = std::move(region), offset, bytes](Job& self) {
    const uint8_t* start = region->memory.data() + offset;
    self.bytes.assign(start, start + bytes);
  };
  queue.submit(std::move(job));
}

void CpuDevice::close(std::unique_ptr<Job> last) {
  last->work = [this](Job&) { arena = Memory(); };
  queue.close(std::move(last));
}

}  // namespace counterpoint
