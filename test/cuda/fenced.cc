// The C functions of cuda/backend/abi.h, for tests of single ops: every instruction gets each of its operands in memory of its
// own, with a page beside it that cannot be touched, behind its last byte on devices of odd number and before its first on
// those of even. A kernel that reads or writes past an operand is stopped there even where that would change no result. Nothing
// is recorded or kept: what the library does beside running ops is tested with the library itself.
#include "backend/abi.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../native/guarded.h"
#include "backend/boundary.h"
#include "device-tensors.h"

using namespace counterpoint;
using namespace counterpoint::cuda;

struct CounterpointCudaDevice {
  int index;
};

struct CounterpointCudaRegion {
  std::vector<uint8_t> bytes;
};

struct CounterpointCudaProgram {
  struct Instruction {
    const OpEntry* op;
    std::vector<CounterpointCudaTensor> tensors;
    std::vector<double> attributes;
  };
  int device;
  std::vector<Instruction> instructions;
};

namespace {

constexpr uint8_t stateRegion = 1, poison = 0xff;
constexpr size_t operandAlignment = 16;  // the least that a kernel may take its widest accesses from

// A copy of an operand. Up to 15 bytes before the page behind it belong to nobody, and must stay as they are.
class Fenced {
 public:
  Fenced(const CounterpointCudaTensor& from, uint8_t* region, bool atEnd) {
    if (from.region == absent) return;
    tensor = tensorOf(from);
    home = region + from.offset;
    isMutable = from.region == stateRegion;
    constexpr size_t elementBytes[] = {4, 4, 1, 2, 2};  // by dtype
    bytes = static_cast<size_t>(tensor.size()) * elementBytes[from.dtype];
    room = (bytes + operandAlignment - 1) / operandAlignment * operandAlignment;
    memory = std::make_unique<Guarded>(room, atEnd);
    tensor.data = memory->data();
    std::memcpy(memory->data(), home, bytes);
    std::memset(memory->data() + bytes, poison, room - bytes);
  }

  // What the instruction has left in it goes where a program expects it.
  void back() const {
    if (!memory) return;
    if (isMutable) std::memcpy(home, memory->data(), bytes);
    if (std::any_of(memory->data() + bytes, memory->data() + room, [](uint8_t byte) { return byte != poison; })) {
      throw Error{"CP_DEVICE_LOST", "a kernel wrote behind an operand"};
    }
  }

  Tensor tensor;

 private:
  uint8_t* home = nullptr;
  bool isMutable = false;
  size_t bytes = 0, room = 0;
  std::unique_ptr<Guarded> memory;
};

}  // namespace

EXPORTED const CounterpointCudaFailure* counterpointCudaFailure() { return &failure.view; }

EXPORTED void counterpointCudaBuild(uint32_t* abi, uint32_t* ops) {
  *abi = counterpointCudaAbi;
  *ops = interfaceHash;
}

EXPORTED int counterpointCudaOpen(int32_t index, CounterpointCudaDevice** device) {
  *device = new CounterpointCudaDevice{index};
  return 0;
}

EXPORTED int counterpointCudaDescribe(CounterpointCudaDevice*, CounterpointCudaDescription* description) {
  *description = {"fenced", 86, 4, 1 << 30, 1 << 30};
  return 0;
}

EXPORTED void counterpointCudaClose(CounterpointCudaDevice* device) { delete device; }

EXPORTED int counterpointCudaCreateRegion(CounterpointCudaDevice*, uint64_t bytes, CounterpointCudaRegion** region) {
  *region = new CounterpointCudaRegion{std::vector<uint8_t>(bytes)};
  return 0;
}

EXPORTED void counterpointCudaFreeRegion(CounterpointCudaRegion* region) { delete region; }

EXPORTED int counterpointCudaWrite(CounterpointCudaRegion* region, uint64_t offset, const void* data, uint64_t bytes) {
  if (bytes > 0) std::memcpy(region->bytes.data() + offset, data, bytes);
  return 0;
}

EXPORTED int counterpointCudaRead(CounterpointCudaRegion* region, uint64_t offset, void* data, uint64_t bytes) {
  if (bytes > 0) std::memcpy(data, region->bytes.data() + offset, bytes);
  return 0;
}

EXPORTED int counterpointCudaLoad(CounterpointCudaDevice* device, const CounterpointCudaInstruction* instructions,
                                  uint32_t count, const uint64_t regionBytes[4], CounterpointCudaProgram** program) {
  return guarded([&] {
    if (regionBytes[3] > 0) throw Error{"CP_INTERNAL", "a fenced program keeps no values between instructions"};
    auto made = std::make_unique<CounterpointCudaProgram>();
    made->device = device->index;
    for (const CounterpointCudaInstruction& given : std::vector(instructions, instructions + count)) {
      made->instructions.push_back({findOp(given.opcode), {given.tensors, given.tensors + given.tensorCount},
                                    {given.attributes, given.attributes + given.attributeCount}});
    }
    *program = made.release();
  });
}

EXPORTED void counterpointCudaFreeProgram(CounterpointCudaProgram* program) { delete program; }

EXPORTED int counterpointCudaRun(CounterpointCudaProgram* program, CounterpointCudaRegion* weights,
                                 CounterpointCudaRegion* state, const void* inputs, int (*)(void*), void*) {
  return guarded([&] {
    uint8_t* const regions[] = {weights->bytes.data(), state->bytes.data(), static_cast<uint8_t*>(const_cast<void*>(inputs))};
    for (const auto& [op, given, attributes] : program->instructions) {
      TestLauncher launcher(program->device);
      std::vector<Fenced> operands;
      std::vector<Tensor> tensors;
      for (const CounterpointCudaTensor& tensor : given) {
        operands.emplace_back(tensor, tensor.region == absent ? nullptr : regions[tensor.region], program->device % 2 == 1);
        tensors.push_back(operands.back().tensor);
      }
      op->run(op->function, tensors.data(), attributes.data(), launcher);
      launcher.wait();
      for (const Fenced& operand : operands) operand.back();
    }
  });
}
