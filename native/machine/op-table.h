// The ops that the machine knows: generated/decode.cc defines the table, by opcode.
#pragma once
#include <cstdint>

#include "generated/ops.h"
#include "machine/context.h"

namespace counterpoint {

class ShapeCheck;

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
