/** Reads back what `encodeProgram` wrote, to look at it: a device decodes and verifies for itself. */
import { CounterpointError } from "../graph/error.js";
import { type OpDefinition, opcode } from "../graph/op.js";
import { absentRegion, dtypes, formatVersion, magic } from "./encode.js";
import { type Instruction, type Layout, type Operand, type Program, regions } from "./program.js";

/**
 * The program that `bytes` encode, its layouts without names. `ops`: all that it may use (see op-table.ts).
 *
 * Throws CP_PROGRAM_INVALID where the bytes do not follow the form; whether the instructions make sense is not checked.
 */
export function decodeProgram(bytes: Uint8Array, ops: readonly OpDefinition[]): Program {
  const byOpcode = new Map(ops.map((op) => [opcode(op), op]));
  const reader = new Reader(bytes);
  if (reader.u32() !== magic) throw invalid("these bytes are no program");
  const version = reader.u32();
  if (version !== formatVersion) throw invalid(`format version ${version}, expected ${formatVersion}`);
  const instructionCount = reader.u32();
  const frameCount = reader.u32();
  const layout = (): Layout => ({ tensors: new Map(), bytes: reader.i64() });
  const [weights, state, inputs, arena] = [layout(), layout(), layout(), layout()];
  const frames = Array.from({ length: reader.counted(frameCount) }, () => reader.text());
  const instructions: Instruction[] = [];
  while (instructions.length < instructionCount) instructions.push(readInstruction(reader, byOpcode, frames));
  if (!reader.atEnd()) throw invalid("bytes are left over after the last instruction");
  return { instructions, weights, state, inputs, arenaBytes: arena.bytes };
}

function readInstruction(
  reader: Reader,
  byOpcode: ReadonlyMap<number, OpDefinition>,
  frames: readonly string[],
): Instruction {
  const code = reader.u32();
  const op = byOpcode.get(code);
  if (!op) throw invalid(`opcode ${code} is unknown`);
  const frame = reader.u32();
  if (frame >= frames.length) throw invalid(`frame ${frame} does not exist`);
  const tensorCount = reader.u16();
  const attributeCount = reader.u16();
  const operands = Array.from({ length: tensorCount }, () => readOperand(reader));
  const attributes = Array.from({ length: attributeCount }, () => reader.f64());
  return { op, operands, attributes, frame: frames[frame] };
}

function readOperand(reader: Reader): Operand | null {
  const [region, dtype, rank] = [reader.u8(), reader.u8(), reader.u8()];
  reader.u8();
  reader.u32();
  if (region === absentRegion) return null;
  if (region >= regions.length || dtype >= dtypes.length)
    throw invalid(`region ${region} or dtype ${dtype} is unknown`);
  const offset = reader.i64();
  const rowStride = reader.i64();
  const shape = Array.from({ length: rank }, () => reader.i64());
  return { region: regions[region], offset, dtype: dtypes[dtype], shape, rowStride };
}

function invalid(message: string): CounterpointError {
  return new CounterpointError("CP_PROGRAM_INVALID", message, { phase: "load" });
}

/** Reads forward, never past the end. */
class Reader {
  private readonly view: DataView;
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8 = (): number => this.view.getUint8(this.take(1));
  u16 = (): number => this.view.getUint16(this.take(2), true);
  u32 = (): number => this.view.getUint32(this.take(4), true);
  f64 = (): number => this.view.getFloat64(this.take(8), true);

  i64(): number {
    const value = Number(this.view.getBigInt64(this.take(8), true));
    if (!Number.isSafeInteger(value)) throw invalid(`${value} is too large a number`);
    return value;
  }

  text(): string {
    const length = this.u32();
    const start = this.take(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  /** A count of things of at least four bytes each, refused where so many bytes are not left. */
  counted(count: number): number {
    if (count > (this.bytes.length - this.position) / 4) throw invalid("the program's bytes end too early");
    return count;
  }

  atEnd(): boolean {
    return this.position === this.bytes.length;
  }

  private take(count: number): number {
    const start = this.position;
    if (count > this.bytes.length - start) throw invalid("the program's bytes end too early");
    this.position += count;
    return start;
  }
}
