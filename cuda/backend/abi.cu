// The C functions of abi.h, each a call of the machine in device.h: what that throws becomes this thread's last failure.
#include "backend/abi.h"

#include <cstring>

#include "backend/boundary.h"
#include "backend/device.h"

using namespace counterpoint;
using cuda::absent, cuda::failure, cuda::guarded;
using cuda::Device, cuda::Instruction, cuda::Program, cuda::Region;

namespace {

Device& of(CounterpointCudaDevice* device) { return *reinterpret_cast<Device*>(device); }
Region& of(CounterpointCudaRegion* region) { return *reinterpret_cast<Region*>(region); }
Program& of(CounterpointCudaProgram* program) { return *reinterpret_cast<Program*>(program); }

Instruction instructionOf(const CounterpointCudaInstruction& given, int64_t position) {
  const cuda::OpEntry* op = cuda::findOp(given.opcode);
  if (!op || !op->function) {
    throw Error{"CP_OP_UNSUPPORTED", std::string(given.name) + " has no CUDA kernel", position};
  }
  Instruction instruction{op, {}, std::vector<double>(given.attributes, given.attributes + given.attributeCount)};
  for (uint32_t i = 0; i < given.tensorCount; ++i) {
    const CounterpointCudaTensor& from = given.tensors[i];
    cuda::Operand& operand = instruction.operands.emplace_back();
    if (from.region == absent) continue;
    operand.region = from.region;
    operand.offset = from.offset;
    operand.tensor = cuda::tensorOf(from);
  }
  return instruction;
}

}  // namespace

EXPORTED const CounterpointCudaFailure* counterpointCudaFailure() { return &failure.view; }

EXPORTED void counterpointCudaBuild(uint32_t* abi, uint32_t* ops) {
  *abi = counterpointCudaAbi;
  *ops = interfaceHash;
}

EXPORTED int counterpointCudaOpen(int32_t index, CounterpointCudaDevice** device) {
  return guarded([&] { *device = reinterpret_cast<CounterpointCudaDevice*>(Device::open(index)); });
}

EXPORTED int counterpointCudaDescribe(CounterpointCudaDevice* device, CounterpointCudaDescription* description) {
  return guarded([&] { *description = of(device).description(); });
}

EXPORTED void counterpointCudaClose(CounterpointCudaDevice* device) { delete &of(device); }

EXPORTED int counterpointCudaCreateRegion(CounterpointCudaDevice* device, uint64_t bytes,
                                          CounterpointCudaRegion** region) {
  return guarded([&] {
    of(device).use();
    *region = reinterpret_cast<CounterpointCudaRegion*>(of(device).createRegion(bytes));
  });
}

EXPORTED void counterpointCudaFreeRegion(CounterpointCudaRegion* region) { delete &of(region); }

EXPORTED int counterpointCudaWrite(CounterpointCudaRegion* region, uint64_t offset, const void* data, uint64_t bytes) {
  return guarded([&] {
    of(region).device.use();
    of(region).device.write(of(region), offset, data, bytes);
  });
}

EXPORTED int counterpointCudaRead(CounterpointCudaRegion* region, uint64_t offset, void* data, uint64_t bytes) {
  return guarded([&] {
    of(region).device.use();
    of(region).device.read(of(region), offset, data, bytes);
  });
}

EXPORTED int counterpointCudaLoad(CounterpointCudaDevice* device, const CounterpointCudaInstruction* instructions,
                                  uint32_t count, const uint64_t regionBytes[4], CounterpointCudaProgram** program) {
  return guarded([&] {
    of(device).use();
    std::vector<Instruction> list;
    for (uint32_t i = 0; i < count; ++i) list.push_back(instructionOf(instructions[i], i));
    *program = reinterpret_cast<CounterpointCudaProgram*>(
        of(device).load(std::move(list), regionBytes[2], regionBytes[3]));
  });
}

EXPORTED void counterpointCudaFreeProgram(CounterpointCudaProgram* program) { delete &of(program); }

EXPORTED int counterpointCudaRun(CounterpointCudaProgram* program, CounterpointCudaRegion* weights,
                                 CounterpointCudaRegion* state, const void* inputs, int (*cancelled)(void* context),
                                 void* context) {
  return guarded([&] {
    of(program).device.use();
    of(program).device.run(of(program), of(weights), of(state), inputs, [&] { return cancelled(context) != 0; });
  });
}
