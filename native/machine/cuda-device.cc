// See cuda-device.h.
#include "machine/cuda-device.h"

#include <algorithm>

#include "machine/op-table.h"

namespace counterpoint {

struct CudaDevice::Opened {
  Opened(const std::string& path, int index) : library(path) { library.require(library.open(index, &device)); }
  ~Opened() { library.close(device); }
  Opened(const Opened&) = delete;

  CudaLibrary library;
  CounterpointCudaDevice* device = nullptr;
};

namespace {

using Owner = std::shared_ptr<const CudaDevice::Opened>;

struct CudaRegion final : Region {
  CudaRegion(Owner device, uint64_t bytes) : Region(bytes), owner(std::move(device)) {
    owner->library.require(owner->library.createRegion(owner->device, bytes, &region));
  }
  ~CudaRegion() override { owner->library.freeRegion(region); }

  void write(uint64_t offset, const uint8_t* data, uint64_t count) override {
    owner->library.require(owner->library.write(region, offset, data, count));
  }
  void read(uint64_t offset, uint8_t* out, uint64_t count) const override {
    owner->library.require(owner->library.read(region, offset, out, count));
  }

  Owner owner;
  CounterpointCudaRegion* region = nullptr;
};

constexpr uint8_t absent = 255;

CounterpointCudaTensor tensorOf(const Operand& operand) {
  CounterpointCudaTensor tensor{absent, 0, 0, 0, 0, {}};
  if (!operand.present) return tensor;
  tensor.region = static_cast<uint8_t>(operand.region);
  tensor.dtype = static_cast<uint8_t>(operand.tensor.dtype);
  tensor.rank = operand.tensor.rank;
  tensor.offset = operand.offset;
  tensor.rowStride = operand.tensor.rowStride;
  std::copy_n(operand.tensor.shape, maxRank, tensor.shape);
  return tensor;
}

[[noreturn]] void blame(const Program& program, Error error) {
  if (error.instruction >= 0) {
    error.frame = program.frame(program.instructions()[static_cast<size_t>(error.instruction)]);
  }
  throw error;
}

// Verified here, then told to the library.
struct CudaProgram final : Program {
  CudaProgram(Owner device, const uint8_t* bytes, size_t size)
      : Program(bytes, size, Storage::anyReal), owner(std::move(device)) {
    std::vector<std::vector<CounterpointCudaTensor>> tensors;
    std::vector<CounterpointCudaInstruction> list;
    for (const Instruction& instruction : instructions()) {
      std::vector<CounterpointCudaTensor>& operands = tensors.emplace_back();
      for (const Operand& operand : instruction.operands) operands.push_back(tensorOf(operand));
      list.push_back({instruction.op->opcode, static_cast<uint32_t>(operands.size()),
                      static_cast<uint32_t>(instruction.attributes.size()), operands.data(),
                      instruction.attributes.data(), instruction.op->name});
    }
    uint64_t sizes[regionCount];
    for (int i = 0; i < regionCount; ++i) sizes[i] = regionBytes(static_cast<RegionKind>(i));
    try {
      const CudaLibrary& library = owner->library;
      library.require(library.load(owner->device, list.data(), static_cast<uint32_t>(list.size()), sizes, &program));
    } catch (Error& error) {
      blame(*this, std::move(error));
    }
  }
  ~CudaProgram() { owner->library.freeProgram(program); }

  Owner owner;
  CounterpointCudaProgram* program = nullptr;
};

}  // namespace

CudaDevice::CudaDevice(const std::string& path, int index) : opened(std::make_shared<const Opened>(path, index)) {}

DeviceFacts CudaDevice::facts() const {
  CounterpointCudaDescription description;
  opened->library.require(opened->library.describe(opened->device, &description));
  return {description.name, "sm_" + std::to_string(description.capability), description.multiprocessors,
          description.totalBytes, description.freeBytes};
}

std::shared_ptr<Region> CudaDevice::createRegion(uint64_t bytes) { return std::make_shared<CudaRegion>(opened, bytes); }

std::shared_ptr<const Program> CudaDevice::load(const uint8_t* bytes, size_t size) {
  return std::make_shared<const CudaProgram>(opened, bytes, size);
}

void CudaDevice::execute(const Program& program, Region& weights, Region& state, const Memory& inputs,
                         const Job& job) {
  const auto cancelled = [](void* flag) -> int { return static_cast<const Job*>(flag)->cancelled ? 1 : 0; };
  try {
    opened->library.require(opened->library.run(
        static_cast<const CudaProgram&>(program).program, static_cast<CudaRegion&>(weights).region,
        static_cast<CudaRegion&>(state).region, inputs.data(), cancelled, const_cast<Job*>(&job)));
  } catch (Error& error) {
    blame(program, std::move(error));
  }
}

}  // namespace counterpoint
