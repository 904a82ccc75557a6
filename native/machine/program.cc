// Decoding and verification: see program.h.
#include "machine/program.h"

#include <cstring>
#include <iterator>
#include <type_traits>

#include "machine/error.h"
#include "machine/shape-check.h"

namespace counterpoint {

namespace {

constexpr uint32_t magic = 0x50544e43;  // "CNTP"
constexpr uint32_t version = 1;
constexpr uint32_t maxInstructions = 1u << 20;
constexpr uint64_t maxRegionBytes = uint64_t{1} << 46;
constexpr uint8_t absent = 255;

using RegionBytes = uint64_t[regionCount];

[[noreturn]] void refuse(const std::string& text) { throw Error{"CP_PROGRAM_INVALID", text}; }

// Reads forward, never past the end.
class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : at(bytes), left(size) {}

  template <class T>
  T read() {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  std::string text(size_t size) {
    const uint8_t* start = take(size);
    return std::string(reinterpret_cast<const char*>(start), size);
  }

  // A count of things that take at least `each` bytes: refused where so many bytes are not there.
  uint32_t count(uint32_t value, size_t each, const char* what) const {
    if (value > left / each) refuse(std::to_string(value) + " " + what + " do not fit into the program's bytes");
    return value;
  }

  bool atEnd() const { return left == 0; }

 private:
  const uint8_t* take(size_t size) {
    if (size > left) refuse("the program's bytes end too early");
    const uint8_t* start = at;
    at += size;
    left -= size;
    return start;
  }

  const uint8_t* at;
  size_t left;
};

// An operand whose bytes lie inside its region. Throws otherwise.
Operand readOperand(Reader& reader, size_t index, const RegionBytes& required) {
  const auto region = reader.read<uint8_t>();
  const auto dtype = reader.read<uint8_t>();
  const auto rank = reader.read<uint8_t>();
  const auto padding = reader.read<uint8_t>();
  const auto reserved = reader.read<uint32_t>();
  const std::string name = "tensor " + std::to_string(index);
  if (padding != 0 || reserved != 0) refuse(name + " has reserved bytes that are not zero");
  Operand operand;
  if (region == absent) return operand;
  if (region >= regionCount) refuse(name + " lies in unknown region " + std::to_string(region));
  if (dtype >= std::size(elementBytes)) refuse(name + " has unknown dtype " + std::to_string(dtype));
  if (rank > maxRank) refuse(name + " has rank " + std::to_string(rank) + ", more than " + std::to_string(maxRank));
  operand.present = true;
  operand.region = static_cast<RegionKind>(region);
  operand.offset = reader.read<uint64_t>();
  Tensor& tensor = operand.tensor;
  tensor.dtype = static_cast<Dtype>(dtype);
  tensor.rank = rank;
  tensor.immutable = operand.region == RegionKind::weights;
  tensor.rowStride = reader.read<int64_t>();
  const uint64_t element = elementBytes[dtype];
  operand.bytes = element;
  for (int axis = 0; axis < rank; ++axis) {
    const auto size = reader.read<int64_t>();
    if (size < 1) refuse(name + " has size " + std::to_string(size) + " on axis " + std::to_string(axis));
    const bool wraps = __builtin_mul_overflow(operand.bytes, static_cast<uint64_t>(size), &operand.bytes);
    if (wraps) refuse(name + " is too large");
    tensor.shape[axis] = size;
  }
  if (tensor.rowStride != tensor.columns()) {
    refuse(name + " has row stride " + std::to_string(tensor.rowStride) + ", expected " +
           std::to_string(tensor.columns()));
  }
  if (operand.offset % element != 0) refuse(name + " is not aligned to its elements");
  const uint64_t limit = required[region];
  if (operand.offset > limit || operand.bytes > limit - operand.offset) {
    refuse(name + " ends outside its region of " + std::to_string(limit) + " bytes");
  }
  return operand;
}

void readInstruction(Reader& reader, uint32_t opcode, Instruction& instruction, const RegionBytes& required,
                     Storage storage) {
  const auto tensors = reader.read<uint16_t>();
  const auto attributes = reader.read<uint16_t>();
  const OpEntry* op = findOp(opcode);
  if (!op) refuse("opcode " + std::to_string(opcode) + " is unknown: another version of the package wrote this");
  instruction.op = op;
  if (tensors != op->tensors || attributes != op->attributes) {
    refuse(std::string(op->name) + " has " + std::to_string(tensors) + " tensors and " + std::to_string(attributes) +
           " attributes, expected " + std::to_string(op->tensors) + " and " + std::to_string(op->attributes));
  }
  instruction.operands.reserve(tensors);
  for (size_t i = 0; i < tensors; ++i) instruction.operands.push_back(readOperand(reader, i, required));
  instruction.attributes.reserve(attributes);
  for (size_t i = 0; i < attributes; ++i) instruction.attributes.push_back(reader.read<double>());
  ShapeCheck check(instruction, storage);
  op->check(check);
  check.written();
}

}  // namespace

Program::Program(const uint8_t* bytes, size_t size, Storage storage) {
  Reader reader(bytes, size);
  if (reader.read<uint32_t>() != magic) refuse("these bytes are no program");
  const auto written = reader.read<uint32_t>();
  if (written != version) refuse("format version " + std::to_string(written) + ", expected " + std::to_string(version));
  const auto instructionCount = reader.read<uint32_t>();
  const auto frameCount = reader.read<uint32_t>();
  if (instructionCount > maxInstructions) refuse(std::to_string(instructionCount) + " instructions are too many");
  for (uint64_t& region : required) {
    region = reader.read<uint64_t>();
    if (region > maxRegionBytes) refuse("a region of " + std::to_string(region) + " bytes is too large");
  }
  frames.reserve(reader.count(frameCount, 4, "frames"));
  for (uint32_t i = 0; i < frameCount; ++i) frames.push_back(reader.text(reader.read<uint32_t>()));
  list.reserve(reader.count(instructionCount, 12, "instructions"));
  for (uint32_t i = 0; i < instructionCount; ++i) {
    Instruction& instruction = list.emplace_back();
    try {
      const auto opcode = reader.read<uint32_t>();
      instruction.frame = reader.read<uint32_t>();
      if (instruction.frame >= frames.size()) refuse("frame " + std::to_string(instruction.frame) + " does not exist");
      readInstruction(reader, opcode, instruction, required, storage);
    } catch (Error& error) {
      error.instruction = i;
      if (instruction.frame < frames.size()) error.frame = frames[instruction.frame];
      if (instruction.op) error.message = std::string(instruction.op->name) + ": " + error.message;
      throw;
    }
  }
  if (!reader.atEnd()) refuse("bytes are left over after the last instruction");
}

}  // namespace counterpoint
