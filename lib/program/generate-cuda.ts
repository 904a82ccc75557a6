/**
 * The texts of native/generated that CUDA's kernels are found by: `cuda-ops.h` declares a function for every op, weakly, so
 * that one which no file of cuda/ defines is null; `cuda-ops.cc` is the table from opcode to function.
 */
import { type OpDefinition, opcode } from "../graph/op.js";
import { banner, capital, findFunction, literal } from "./generated-text.js";

/** By file name. */
export function generateCudaSources(ops: readonly OpDefinition[]): Record<string, string> {
  return { "cuda-ops.h": cudaHeader(ops), "cuda-ops.cc": cudaSource(ops) };
}

function cudaHeader(ops: readonly OpDefinition[]): string {
  const functions = ops.map((op) => `WEAK void ${op.name}(const ${capital(op.name)}& op, Launcher& launcher);\n`);
  return `${banner}#pragma once
#include "generated/ops.h"

namespace counterpoint::cuda {

class Launcher;

#define WEAK __attribute__((weak))

// Each defined, or not, by the file of its op's name in cuda/; null where it is not.
${functions.join("")}
#undef WEAK

struct OpEntry {
  uint32_t opcode;
  void (*run)(void (*function)(), const Tensor* tensors, const double* attributes, Launcher& launcher);
  void (*function)();  // null: this op has no kernel
};

// Null where no op has that opcode.
const OpEntry* findOp(uint32_t opcode);

}  // namespace counterpoint::cuda
`;
}

function cudaSource(ops: readonly OpDefinition[]): string {
  const rows = [...ops]
    .sort((a, b) => opcode(a) - opcode(b))
    .map((op) => `    {${literal(opcode(op))}, run<${capital(op.name)}>, reinterpret_cast<void (*)()>(${op.name})},\n`);
  return `${banner}#include "generated/cuda-ops.h"

#include <algorithm>

namespace counterpoint::cuda {
namespace {

template <class Op>
void run(void (*function)(), const Tensor* tensors, const double* attributes, Launcher& launcher) {
  reinterpret_cast<void (*)(const Op&, Launcher&)>(function)(Op::from(tensors, attributes), launcher);
}

const OpEntry table[] = {
${rows.join("")}};

}  // namespace

${findFunction}
}  // namespace counterpoint::cuda
`;
}
