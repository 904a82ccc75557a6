/**
 * The form in which benchmarks/gpu/programs.json.gz holds cases: what the C functions of cuda/backend/abi.h ask for, and
 * what the memory holds before a run and after, so that who reads it need not know a single op.
 *
 * A tensor is [region, dtype, offset, row stride, ...shape], with the numbers of the binary form (lib/program/encode.ts), or
 * null where it is absent; an instruction is [index into `ops`, attributes, tensors].
 */
import { type OpDefinition, opcode } from "../../lib/graph/op.js";
import { dtypes } from "../../lib/program/encode.js";
import { type Instruction, type Operand, type Program, regions } from "../../lib/program/program.js";
import type { Digest, Fill } from "./contents.js";

export type TensorRecord = readonly number[];

/** A tensor with a name. Without a fill it holds nothing yet: all bits 1. */
export interface PlaceRecord {
  readonly name: string;
  readonly tensor: TensorRecord;
  readonly fill?: Fill;
}

export interface ProgramRecord {
  readonly name: string;
  readonly inputBytes: number;
  readonly arenaBytes: number;
  readonly inputs: readonly PlaceRecord[];
  readonly instructions: readonly (readonly [op: number, attributes: readonly number[], (TensorRecord | null)[]])[];
}

export interface CaseRecord {
  readonly name: string;
  /** "op": one instruction; "net": `prepare` first and once, then `step`. */
  readonly kind: "op" | "net";
  /** What is stored where the ops leave a dtype open. */
  readonly dtype: string;
  readonly weightBytes: number;
  readonly stateBytes: number;
  readonly weights: readonly PlaceRecord[];
  /** Those of nets are filled after `prepare` has run. */
  readonly state: readonly PlaceRecord[];
  readonly programs: readonly ProgramRecord[];
  /** What must stand in the state after a run of an op, and how far it may be off. */
  readonly expected?: readonly (Digest & { readonly name: string; readonly allowed: number })[];
  /** Of a net: its kind, batch, sizes, and the state that its result is written to. */
  readonly net?: Readonly<Record<string, unknown>>;
}

/** The interface of an op, by which a reader may know what it times. */
export interface OpRecord {
  readonly name: string;
  readonly opcode: number;
  readonly tensors: readonly string[];
  readonly attributes: readonly string[];
}

export function opRecord(op: OpDefinition): OpRecord {
  return {
    name: op.name,
    opcode: opcode(op),
    tensors: [...Object.keys(op.operands), ...Object.keys(op.results)],
    attributes: Object.keys(op.attributes),
  };
}

export function tensorRecord({ region, dtype, offset, rowStride, shape }: Operand): TensorRecord {
  return [regions.indexOf(region), dtypes.indexOf(dtype), offset, rowStride, ...shape];
}

/** `opNames` gives the index of every op in the file's list. */
export function programRecord(
  name: string,
  program: Program,
  inputs: readonly PlaceRecord[],
  opNames: readonly string[],
): ProgramRecord {
  const record = ({ op, attributes, operands }: Instruction) =>
    [opNames.indexOf(op.name), attributes, operands.map((operand) => operand && tensorRecord(operand))] as const;
  const { instructions, arenaBytes } = program;
  return { name, inputBytes: program.inputs.bytes, arenaBytes, inputs, instructions: instructions.map(record) };
}
