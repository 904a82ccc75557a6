// See cpu-device.h.
#include "machine/cpu-device.h"

#include <algorithm>
#include <cstring>

#include "machine/isa.h"
#include "machine/op-table.h"

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

class CpuRegion final : public Region {
 public:
  CpuRegion(uint64_t bytes, Pool& pool) : Region(bytes), memory(bytes), pool(pool) {}

  void write(uint64_t offset, const uint8_t* data, uint64_t count) override {
    touch();
    packings.clear();
    if (count > 0) std::memcpy(memory.data() + offset, data, count);
  }
  void read(uint64_t offset, uint8_t* out, uint64_t count) const override {
    if (count > 0) std::memcpy(out, memory.data() + offset, count);
  }

  Memory memory;
  Packings packings;  // of its tensors, where it serves as weights

 private:
  // The system gives each page when it is first written, and waiting for that takes several times as long as filling
  // the page does: so all threads ask at once, before the first write.
  void touch() {
    if (touched) return;
    touched = true;
    constexpr uint64_t piece = uint64_t{8} << 20, page = 4096;
    pool.parallel(static_cast<int64_t>((bytes + piece - 1) / piece), [&](int64_t index, int) {
      const uint64_t first = static_cast<uint64_t>(index) * piece;
      const uint64_t end = std::min(first + piece, bytes);
      volatile uint8_t* const zeros = memory.data();
      for (uint64_t at = first; at < end; at += page) zeros[at] = 0;
    });
  }

  Pool& pool;
  bool touched = false;
};

}  // namespace

CpuDevice::CpuDevice(int threads, const std::string& isaName)
    : isa(chooseIsa(isaName)), pool(chooseThreads(threads)), context(pool) {}

DeviceFacts CpuDevice::facts() const { return {"", isaNames[static_cast<int>(isa)], pool.threads()}; }

std::shared_ptr<Region> CpuDevice::createRegion(uint64_t bytes) {
  return std::make_shared<CpuRegion>(bytes, pool);
}

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

void CpuDevice::execute(const Program& program, Region& weightsRegion, Region& stateRegion, const Memory& inputs,
                        const Job& job) {
  auto& weights = static_cast<CpuRegion&>(weightsRegion);
  auto& state = static_cast<CpuRegion&>(stateRegion);
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

}  // namespace counterpoint
