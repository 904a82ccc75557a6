// The ops that the machine knows: generated/decode.cc defines the table, by opcode.
#pragma once
#include <cstdint>

#include "machine/context.h"

namespace counterpoint {

class ShapeCheck;

// The instruction sets that native/cpu is compiled for; an index of OpEntry::run.
enum class Isa : uint8_t { baseline, avx2 };
constexpr int isaCount = 2;

struct OpEntry {
  uint32_t opcode;      // of the op's signature, see lib/graph/op.ts
  const char* name;
  uint8_t tensors;      // operands and results
  uint8_t attributes;
  void (*check)(ShapeCheck& check);  // throws Error
  void (*run[isaCount])(const Tensor* tensors, const double* attributes, Context& context);
};

// Null where no op has that opcode.
const OpEntry* findOp(uint32_t opcode);

}  // namespace counterpoint
