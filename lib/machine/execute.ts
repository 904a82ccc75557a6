/** One instruction by its op's reference loops over plain memory: f64 inside, rounded to the operands' dtypes at stores. */

import type { Dtype } from "../graph/graph.js";
import { fromBrains, fromHalves, toBrains, toHalves } from "../graph/half.js";
import { namedAttributes, type ReferenceTensor } from "../graph/op.js";
import { product } from "../graph/pattern.js";
import type { Instruction, Operand, Region } from "../program/program.js";

/** The bytes of every region of a program. */
export type Memory = Readonly<Record<Region, ArrayBuffer>>;

/** Elements as a host sees them; those of 16 bits as bits. */
export const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, f16: Uint16Array, bf16: Uint16Array };

export type TypedArray = Float32Array | Int32Array | Uint8Array | Uint16Array;

/** `count` elements of `dtype` at byte `offset` of `buffer`, sharing its bytes. A bad range throws. */
export function typedView(buffer: ArrayBuffer, dtype: Dtype, offset: number, count: number): TypedArray {
  return new arrays[dtype](buffer, offset, count);
}

/** A copy of the numbers of `operand`, which lies at its offset in `buffer`. */
export function readNumbers(buffer: ArrayBuffer, { dtype, offset, shape }: Operand): Float64Array {
  const elements = typedView(buffer, dtype, offset, product(shape));
  if (dtype !== "f16" && dtype !== "bf16") return Float64Array.from(elements);
  const numbers = new Float64Array(elements.length);
  (dtype === "f16" ? fromHalves : fromBrains)(elements as Uint16Array, numbers);
  return numbers;
}

/** Rounds `numbers` to the dtype of `operand` and writes them to its offset in `buffer`. */
export function writeNumbers(buffer: ArrayBuffer, { dtype, offset, shape }: Operand, numbers: Float64Array): void {
  typedView(buffer, dtype, offset, product(shape)).set(elementsOf(dtype, numbers));
}

/** What to set in an array of `dtype` for `numbers`: those themselves, or the nearest 16 bits, of two equally near the even. */
export function elementsOf<T extends Float64Array | Float32Array>(dtype: Dtype, numbers: T): T | Uint16Array {
  if (dtype === "f16") return toHalves(numbers);
  return dtype === "bf16" ? toBrains(numbers) : numbers;
}

/** Runs `instruction` over `memory`: reads its operands, writes its results and the operands that it mutates. */
export function executeInstruction({ op, operands, attributes }: Instruction, memory: Memory): void {
  const tensors: Record<string, ReferenceTensor | undefined> = {};
  const written: { operand: Operand; data: Float64Array }[] = [];
  const operandSpecs = Object.entries(op.operands);
  for (const [index, [name, spec]] of operandSpecs.entries()) {
    const operand = operands[index];
    if (!operand) continue;
    const data = readNumbers(memory[operand.region], operand);
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
  for (const { operand, data } of written) writeNumbers(memory[operand.region], operand, data);
}
