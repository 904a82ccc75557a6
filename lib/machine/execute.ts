/** One instruction by its op's reference loops over plain memory: f64 inside, rounded to the operands' dtypes at stores. */

import { namedAttributes, type ReferenceTensor } from "../graph/op.js";
import { product } from "../graph/pattern.js";
import type { Instruction, Operand, Region } from "../program/program.js";

/** The bytes of every region of a program. */
export type Memory = Readonly<Record<Region, ArrayBuffer>>;

/** Elements as a host sees them. */
export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** The elements of `operand` in `memory`, sharing its bytes; undefined behaviour is impossible: a bad range throws. */
export function tensorView(memory: Memory, { region, dtype, offset, shape }: Operand): TypedArray {
  return typedView(memory[region], dtype, offset, product(shape));
}

/** `count` elements of `dtype` at byte `offset` of `buffer`, sharing its bytes. */
export function typedView(buffer: ArrayBuffer, dtype: Operand["dtype"], offset: number, count: number): TypedArray {
  if (dtype === "f32") return new Float32Array(buffer, offset, count);
  if (dtype === "i32") return new Int32Array(buffer, offset, count);
  return new Uint8Array(buffer, offset, count);
}

/** Runs `instruction` over `memory`: reads its operands, writes its results and the operands that it mutates. */
export function executeInstruction({ op, operands, attributes }: Instruction, memory: Memory): void {
  const tensors: Record<string, ReferenceTensor | undefined> = {};
  const written: { operand: Operand; data: Float64Array }[] = [];
  const operandSpecs = Object.entries(op.operands);
  for (const [index, [name, spec]] of operandSpecs.entries()) {
    const operand = operands[index];
    if (!operand) continue;
    const data = Float64Array.from(tensorView(memory, operand));
    tensors[name] = { shape: operand.shape, data };
    if (spec.mutates) written.push({ operand, data });
  }
  for (const [index, name] of Object.keys(op.results).entries()) {
    const operand = operands[operandSpecs.length + index]!;
    const data = new Float64Array(product(operand.shape));
    tensors[name] = { shape: operand.shape, data };
    written.push({ operand, data });
  }
  op.reference(tensors, namedAttributes(op, attributes));
  for (const { operand, data } of written) tensorView(memory, operand).set(data);
}
