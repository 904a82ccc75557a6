/**
 * A static graph: values, the nodes that compute them, and the leaves that come from outside.
 *
 * Nodes stand in the order in which they were emitted, and that order is the program's: a node that mutates a state
 * leaf (see `OperandSpec.mutates`) is seen by the nodes after it, not by those before.
 */
import { CounterpointError } from "./error.js";
import type { OpDefinition } from "./op.js";
import { product, sameShape } from "./pattern.js";

/** The dtypes of real numbers: IEEE binary32, its upper half, and binary16. */
export const realDtypes = ["f32", "f16", "bf16"] as const;
export type RealDtype = (typeof realDtypes)[number];
export type Dtype = RealDtype | "i32" | "u8";
export type Shape = readonly number[];

/** Bytes of one element. */
export const dtypeBytes: Readonly<Record<Dtype, number>> = { f32: 4, i32: 4, u8: 1, f16: 2, bf16: 2 };

export function isReal(dtype: Dtype): dtype is RealDtype {
  return (realDtypes as readonly Dtype[]).includes(dtype);
}

/**
 * Where a value that no node computes comes from. `parameter`: a weight, immutable when sampling and part of the state
 * when training; `state`: persistent and mutable; `input`: written by the host before each run.
 */
export type LeafKind = "parameter" | "state" | "input";

/** A parameter starts out as independent normals of this mean and standard deviation; std 0 is a constant. */
export interface Initial {
  readonly mean: number;
  readonly std: number;
}

export interface Leaf {
  readonly kind: LeafKind;
  readonly name: string;
  readonly initial: Initial;
}

export interface Value {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** The node that computes it; null for a leaf and for a view. */
  readonly producer: Node | null;
  /** For a leaf, its kind and its name, unique within the kind. */
  readonly leaf: Leaf | null;
  /** For a view: the value whose memory this is under another shape of as many elements. */
  readonly viewOf: Value | null;
}

export interface Node {
  readonly op: OpDefinition;
  /** In the order of the op's operands; null where an optional one is absent. */
  readonly operands: readonly (Value | null)[];
  /** In the order of the op's attributes; a choice as its index. */
  readonly attributes: readonly number[];
  readonly results: readonly Value[];
  /** Where in the model this node comes from, for error messages: "down.1.block.conv1". */
  readonly frame: string;
}

export class Graph {
  readonly nodes: Node[] = [];
  readonly leaves = new Map<string, Value>();
  private nextId = 0;
  private scopes: string[] = [];

  /** A trainable or loaded tensor. Asking twice for one name gives the same value. */
  parameter(name: string, shape: Shape, initial: Initial = { mean: 0, std: 0 }, dtype: RealDtype = "f32"): Value {
    return this.leafValue("parameter", name, shape, dtype, initial);
  }

  /** Persistent memory that instructions may change and the host may read. */
  state(name: string, shape: Shape, dtype: Dtype = "f32"): Value {
    return this.leafValue("state", name, shape, dtype);
  }

  /** Memory that the host writes before each run. */
  input(name: string, shape: Shape, dtype: Dtype = "f32"): Value {
    return this.leafValue("input", name, shape, dtype);
  }

  /** The same memory under another shape of as many elements. */
  reshape(value: Value, shape: Shape): Value {
    if (product(shape) !== product(value.shape)) {
      throw new CounterpointError("CP_GRAPH_INVALID", `${this.frame()}: cannot view [${value.shape}] as [${shape}]`, {
        phase: "compile",
      });
    }
    return { id: this.nextId++, shape, dtype: value.dtype, producer: null, leaf: null, viewOf: value };
  }

  /** Names everything emitted inside `body` after the part of the model it belongs to. */
  scope<T>(name: string, body: () => T): T {
    this.scopes.push(name);
    try {
      return body();
    } finally {
      this.scopes.pop();
    }
  }

  /** The current scope path, "unet.down.0.conv". */
  frame(): string {
    return this.scopes.join(".");
  }

  /** Appends a node; used by `defineOp` and by passes, which both have checked shapes already. */
  append(
    op: OpDefinition,
    operands: readonly (Value | null)[],
    attributes: readonly number[],
    results: readonly { shape: Shape; dtype: Dtype }[],
    frame = this.frame(),
  ): Node {
    const values: Value[] = [];
    const node: Node = { op, operands, attributes, results: values, frame };
    for (const { shape, dtype } of results) {
      values.push({ id: this.nextId++, shape, dtype, producer: node, leaf: null, viewOf: null });
    }
    this.nodes.push(node);
    return node;
  }

  private leafValue(kind: LeafKind, name: string, shape: Shape, dtype: Dtype, initial = { mean: 0, std: 0 }): Value {
    const key = `${kind}:${name}`;
    const known = this.leaves.get(key);
    if (known) {
      if (sameShape(known.shape, shape) && known.dtype === dtype) return known;
      throw new CounterpointError(
        "CP_GRAPH_INVALID",
        `${kind} "${name}" is declared as ${known.dtype} [${known.shape}] and again as ${dtype} [${shape}]`,
        { phase: "compile" },
      );
    }
    const value: Value = {
      id: this.nextId++,
      shape,
      dtype,
      producer: null,
      leaf: { kind, name, initial },
      viewOf: null,
    };
    this.leaves.set(key, value);
    return value;
  }
}

/** The value whose memory `value` is: itself, or what it is a view of. */
export function storageOf(value: Value): Value {
  let root = value;
  while (root.viewOf) root = root.viewOf;
  return root;
}
