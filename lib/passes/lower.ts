/**
 * Lowers a graph in f32 to one that keeps its weights, and where the device can its activations, in 16 bits: the same nodes
 * with casts between them.
 *
 * Where activations stay f32, products read their weights in 16 bits ("weight" in `OperandSpec`); for whatever else reads a
 * parameter that is kept so it is cast, once in a program.
 *
 * Where activations are stored in 16 bits, these start at the weights: parameters of two or more dimensions are kept so. A
 * node whose op leaves a dtype open takes 16 bits there as soon as one of those operands has them, and its results have them
 * too. What an op declares as f32 (statistics, coefficients, masks, noise, losses, a sampler's update) stays so, and so does
 * everything computed from such values alone, until it meets a weight: latents, timesteps, guidance.
 *
 * A state is kept in 16 bits where programs store it from 16 bits and read it back where these will do: what a prepare
 * program leaves for the steps. One that only the host reads, or that anything needs in f32, stays f32.
 */
import { allowedDtypes, resultDtype } from "../graph/dtype-rules.js";
import { CounterpointError } from "../graph/error.js";
import { type Dtype, type Graph, type Node, type RealDtype, storageOf, type Value } from "../graph/graph.js";
import { inferShapes, type OpDefinition, type OperandSpec } from "../graph/op.js";
import { cast } from "../ops/cast.js";
import { Copy, mutatedBy, type Rewritten, viewOf } from "./rewrite.js";

/** What all programs of a session agree on. */
export interface Lowering {
  /** Of matrices of weights. */
  readonly dtype: RealDtype;
  /** Of whatever ops leave open: `dtype`, or f32. */
  readonly activations: RealDtype;
  /** Whether parameters lie in the weights, which are converted when they are loaded. */
  readonly weights: boolean;
  /** The names of the states that are kept in `activations`. */
  readonly states: ReadonlySet<string>;
}

/** The dtype in which a weight of `shape` is kept: vectors cost nothing and stay f32. */
export function weightDtype(shape: readonly number[], dtype: RealDtype): RealDtype {
  return shape.length >= 2 ? dtype : "f32";
}

/**
 * How the programs of one session are lowered to `dtype`, activations as well unless told otherwise; parameters of a
 * trainable session are state, and stay f32.
 */
export function loweringOf(
  programs: readonly Graph[],
  dtype: RealDtype,
  { trainable = false, activations = dtype }: { trainable?: boolean; activations?: RealDtype } = {},
): Lowering {
  const weights = !trainable;
  let states = activations === "f32" ? new Set<string>() : sharedStates(programs);
  for (;;) {
    const lowering = { dtype, activations, weights, states };
    const wider = new Set(programs.flatMap((graph) => storedWider(graph, lowering)));
    if (wider.size === 0) return lowering;
    // What is stored from these may be f32 as well: once more, with fewer.
    states = new Set([...states].filter((name) => !wider.has(name)));
  }
}

/** The dtype of `leaf` under `lowering`. */
export function loweredLeaf({ leaf, shape, dtype }: Value, lowering: Lowering): Dtype {
  const { kind, name } = leaf!;
  if (kind === "parameter" && dtype === "f32") return lowering.weights ? weightDtype(shape, lowering.dtype) : dtype;
  return kind === "state" && lowering.states.has(name) ? lowering.activations : dtype;
}

/** The graph under `lowering`. */
export function lower(source: Graph, lowering: Lowering): Rewritten {
  const copy = new Copy(source, (leaf) => loweredLeaf(leaf, lowering));
  const casts = new Map<Value, Value>();
  const fitted = (value: Value, spec: OperandSpec, open: Dtype): Value => {
    const allowed = allowedDtypes(spec, open);
    if (allowed.includes(value.dtype)) return value;
    const storage = storageOf(value);
    const known = casts.get(storage) ?? cast(copy.graph, { x: storage }, { to: allowed[0] as RealDtype });
    casts.set(storage, known);
    return viewOf(copy.graph, known, value.shape);
  };
  for (const node of source.nodes) {
    const operands = copy.operandsOf(node);
    const dtypes = operands.map((value) => value?.dtype ?? null);
    const storage = storageDtype(node.op, dtypes, lowering);
    const specs = Object.values(node.op.operands);
    const wanted = copy.graph.scope(node.frame, () =>
      operands.map((value, index) => value && fitted(value, specs[index], storage)),
    );
    appendTyped(copy, node, wanted);
    for (const written of mutatedBy(node)) casts.delete(copy.of(written)!);
  }
  return { graph: copy.graph, valueOf: (old) => copy.of(old) };
}

/** Appends `node` over `operands`, whose dtypes decide those of the results. */
function appendTyped(copy: Copy, node: Node, operands: (Value | null)[]): void {
  const results = inferShapes(node.op, operands, node.attributes);
  if (typeof results === "string") {
    throw new CounterpointError("CP_GRAPH_INVALID", `${node.frame}: ${node.op.name}: ${results}`, { phase: "compile" });
  }
  copy.append(node, operands, results);
}

/** What `op` stores in over operands of `dtypes`: f32 if activations do, or else what it mutates decides, then any of 16 bits. */
function storageDtype(op: OpDefinition, dtypes: readonly (Dtype | null)[], { activations }: Lowering): Dtype {
  if (activations === "f32") return "f32";
  const open = Object.values(op.operands).flatMap((spec, index) => {
    const dtype = dtypes[index];
    const isOpen = spec.dtype === undefined || spec.dtype === "weight";
    return isOpen && dtype !== null ? [{ dtype, mutates: spec.mutates }] : [];
  });
  const mutated = open.find(({ mutates }) => mutates);
  return mutated?.dtype ?? open.find(({ dtype }) => dtype !== "f32")?.dtype ?? "f32";
}

/** The f32 states that some node stores into, that some node reads where any real dtype will do, and none as f32. */
function sharedStates(programs: readonly Graph[]): Set<string> {
  const [stored, read, strict] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const graph of programs) {
    for (const { op, operands } of graph.nodes) {
      for (const [index, spec] of Object.values(op.operands).entries()) {
        const leaf = operands[index] && storageOf(operands[index]).leaf;
        if (leaf?.kind !== "state") continue;
        (spec.dtype !== undefined ? strict : spec.mutates ? stored : read).add(leaf.name);
      }
    }
  }
  return new Set([...stored].filter((name) => read.has(name) && !strict.has(name)));
}

/** The names of the states that nodes of `graph` store f32 into, though `lowering` keeps them in 16 bits. */
function storedWider(graph: Graph, lowering: Lowering): string[] {
  const dtypes = new Map<Value, Dtype>();
  for (const leaf of graph.leaves.values()) dtypes.set(leaf, loweredLeaf(leaf, lowering));
  return graph.nodes.flatMap((node) => {
    const { op, results } = node;
    const operands = node.operands.map((value) => value && dtypes.get(storageOf(value))!);
    const storage = storageDtype(op, operands, lowering);
    const typed = operands.map((dtype) => dtype && { dtype });
    for (const [index, spec] of Object.values(op.results).entries()) {
      dtypes.set(results[index], resultDtype(op, spec, storage, typed, node.attributes));
    }
    const wider = Object.values(op.operands).some(({ dtype }, index) => !dtype && operands[index] === "f32");
    return wider && storage !== "f32" ? mutatedBy(node).map(({ leaf }) => leaf!.name) : [];
  });
}
