/**
 * The binary form of a program, little-endian, without padding:
 *
 *     u32 magic "CNTP"   u32 format version   u32 instructions   u32 frames
 *     u64 bytes that the weights, state, inputs and arena regions must at least have
 *     each frame: u32 bytes, UTF-8 text
 *     each instruction: u32 opcode   u32 frame   u16 tensors   u16 attributes
 *       each tensor, operands then results: u8 region   u8 dtype   u8 rank   u8 0   u32 0
 *         and, unless the region is 255 (absent): u64 offset in bytes   i64 row stride in elements   i64 size of each axis
 *       each attribute: f64
 *
 * The opcode is a hash of the op's whole interface (see lib/graph/op.ts), so a program of another version of an op is
 * refused, not misread. native/machine/program.cc reads this form and trusts none of it.
 */
import type { Dtype } from "../graph/graph.js";
import { opcode } from "../graph/op.js";
import { type Instruction, type Operand, type Program, regions } from "./program.js";

export const magic = 0x50544e43;
export const formatVersion = 1;
export const absentRegion = 255;

/** In the order of their numbers in the binary form. */
export const dtypes: readonly Dtype[] = ["f32", "i32", "u8", "f16", "bf16"];

/** The binary form of `program`. Names of tensors are not part of it. */
export function encodeProgram(program: Program): Uint8Array {
  const frames = [...new Set(program.instructions.map((instruction) => instruction.frame))];
  const numbers = new Map(frames.map((frame, index) => [frame, index]));
  const writer = new Writer();
  for (const value of [magic, formatVersion, program.instructions.length, frames.length]) writer.u32(value);
  for (const bytes of [program.weights.bytes, program.state.bytes, program.inputs.bytes, program.arenaBytes]) {
    writer.i64(bytes);
  }
  for (const frame of frames) writer.text(frame);
  for (const instruction of program.instructions)
    writeInstruction(writer, instruction, numbers.get(instruction.frame)!);
  return writer.finish();
}

function writeInstruction(writer: Writer, { op, operands, attributes }: Instruction, frame: number): void {
  writer.u32(opcode(op));
  writer.u32(frame);
  writer.u16(operands.length);
  writer.u16(attributes.length);
  for (const operand of operands) writeOperand(writer, operand);
  for (const attribute of attributes) writer.f64(attribute);
}

function writeOperand(writer: Writer, operand: Operand | null): void {
  writer.u8(operand ? regions.indexOf(operand.region) : absentRegion);
  writer.u8(operand ? dtypes.indexOf(operand.dtype) : 0);
  writer.u8(operand ? operand.shape.length : 0);
  writer.u8(0);
  writer.u32(0);
  if (!operand) return;
  writer.i64(operand.offset);
  writer.i64(operand.rowStride);
  for (const size of operand.shape) writer.i64(size);
}

/** Appends numbers to bytes that grow. */
class Writer {
  private bytes = new Uint8Array(4096);
  private length = 0;

  u8 = (value: number): void => this.append(1).setUint8(0, value);
  u16 = (value: number): void => this.append(2).setUint16(0, value, true);
  u32 = (value: number): void => this.append(4).setUint32(0, value, true);
  i64 = (value: number): void => this.append(8).setBigInt64(0, BigInt(value), true);
  f64 = (value: number): void => this.append(8).setFloat64(0, value, true);

  text(value: string): void {
    const encoded = new TextEncoder().encode(value);
    this.u32(encoded.length);
    const { buffer, byteOffset } = this.append(encoded.length);
    new Uint8Array(buffer, byteOffset).set(encoded);
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** `count` more bytes, to be written at once. */
  private append(count: number): DataView<ArrayBuffer> {
    const start = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(this.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return new DataView(this.bytes.buffer, start, count);
  }
}
