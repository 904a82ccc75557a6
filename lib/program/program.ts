/**
 * A program: a flat list of instructions over four regions of memory. What a device loads, verifies and runs.
 *
 * `weights` is immutable; `state` persists between runs and may change; `inputs` is written by the host before a run;
 * `arena` holds everything that lives within one run, at offsets chosen by the plan pass.
 */
import type { Dtype, Shape } from "../graph/graph.js";
import type { OpDefinition } from "../graph/op.js";

export type Region = "weights" | "state" | "inputs" | "arena";

/** In the order of their numbers in the binary format. */
export const regions: readonly Region[] = ["weights", "state", "inputs", "arena"];

/** Every tensor starts at a multiple of this many bytes. */
export const alignment = 64;

/** Where an operand lies: dense rows of `shape.at(-1)` elements, `rowStride` elements from one row to the next. */
export interface Operand {
  readonly region: Region;
  /** Bytes from the start of the region. */
  readonly offset: number;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly rowStride: number;
}

export interface Instruction {
  readonly op: OpDefinition;
  /** The op's operands, then its results; null where an optional operand is absent. */
  readonly operands: readonly (Operand | null)[];
  /** In the op's order; a choice as its index. */
  readonly attributes: readonly number[];
  /** The part of the model it comes from. */
  readonly frame: string;
}

/** Names and places of the tensors of a region that the host reads or writes. Shared by the programs of a session. */
export interface Layout {
  readonly tensors: ReadonlyMap<string, Operand>;
  readonly bytes: number;
}

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly weights: Layout;
  readonly state: Layout;
  readonly inputs: Layout;
  readonly arenaBytes: number;
}
