/**
 * From a graph to a program: every value gets a place in memory, every node becomes an instruction.
 *
 * A node's result lives from that node to its last reader, both included, so it never shares memory with an operand of
 * the node that writes it. Arena places are chosen greedily by size, each in the smallest gap that fits between values
 * alive at the same time. Pisarchyk & Lee 2020, "Efficient Memory Management for Deep Neural Net Inference", section 5.
 * Views lie where their storage lies.
 */
import { CounterpointError } from "../graph/error.js";
import { dtypeBytes, type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { product } from "../graph/pattern.js";
import type { Instruction, Layout, Operand, Program, Region } from "../program/program.js";
import { elideStores } from "./elide-stores.js";
import { aligned, layoutOf, placeOfLeaf } from "./layout.js";
import { mutatedBy } from "./rewrite.js";

interface Place {
  readonly region: Region;
  readonly offset: number;
}

/** The bytes of the arena that one value holds, over the indices of the nodes for which it is alive. */
interface Interval {
  readonly value: Value;
  readonly bytes: number;
  readonly first: number;
  last: number;
  offset: number;
}

/**
 * The program of `graph` over the session's layouts: parameters lie in `weights` or else in `state`, state leaves in
 * `state`. The layout of the inputs is the graph's own. Throws CP_GRAPH_INVALID where a leaf is in no layout, or where a
 * node would write something that is not state or that it reads by another operand.
 */
export function plan(graph: Graph, { weights, state }: { weights: Layout; state: Layout }): Program {
  const leaves = [...graph.leaves.values()];
  const inputs = layoutOf(
    "inputs",
    leaves.filter(({ leaf }) => leaf!.kind === "input"),
  );
  const places = new Map<Value, Place>();
  for (const value of leaves) {
    const { kind } = value.leaf!;
    places.set(value, placeOfLeaf(kind === "input" ? [inputs] : kind === "state" ? [state] : [weights, state], value));
  }
  const elided = elideStores(graph, (leaf) => places.get(leaf)!.region === "state");
  for (const [value, target] of elided.targets) places.set(value, places.get(target)!);
  const arena = lifetimes(graph, places);
  const arenaBytes = assignOffsets(arena);
  for (const { value, offset } of arena) places.set(value, { region: "arena", offset });

  const operandOf = (value: Value | null): Operand | null => {
    if (!value) return null;
    const { region, offset } = places.get(storageOf(value))!;
    return { region, offset, dtype: value.dtype, shape: value.shape, rowStride: value.shape.at(-1) ?? 1 };
  };
  const instructions: Instruction[] = [];
  for (const node of graph.nodes) {
    checkMutations(node, places);
    if (elided.stores.has(node)) continue;
    const { op, attributes, frame } = node;
    instructions.push({ op, operands: [...node.operands, ...node.results].map(operandOf), attributes, frame });
  }
  return { instructions, weights, state, inputs, arenaBytes };
}

/** What a node writes in place must be state, and no other operand of the same node. */
function checkMutations(node: Node, places: ReadonlyMap<Value, Place>): void {
  const storages = node.operands.map((value) => value && storageOf(value));
  for (const storage of mutatedBy(node)) {
    const shared = storages.filter((other) => other === storage).length > 1;
    if (places.get(storage)!.region === "state" && !shared) continue;
    const wrong = shared ? "writes an operand that it also reads" : "writes what is not state";
    throw new CounterpointError("CP_GRAPH_INVALID", `${node.frame}: ${node.op.name} ${wrong}`, { phase: "compile" });
  }
}

/** One interval for every result that has no place yet. */
function lifetimes(graph: Graph, places: ReadonlyMap<Value, Place>): Interval[] {
  const intervals = new Map<Value, Interval>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const value of node.operands) {
      const interval = value && intervals.get(storageOf(value));
      if (interval) interval.last = index;
    }
    for (const value of node.results) {
      if (places.has(value)) continue;
      const bytes = aligned(product(value.shape) * dtypeBytes[value.dtype]);
      intervals.set(value, { value, bytes, first: index, last: index, offset: 0 });
    }
  }
  return [...intervals.values()];
}

/** Sets every interval's offset; returns the bytes of the whole. */
function assignOffsets(intervals: readonly Interval[]): number {
  const bySize = intervals.toSorted((a, b) => b.bytes - a.bytes || a.first - b.first);
  /** Those with a place, by offset. */
  const placed: Interval[] = [];
  let total = 0;
  for (const interval of bySize) {
    interval.offset = smallestGap(interval, placed);
    total = Math.max(total, interval.offset + interval.bytes);
    placed.splice(firstAbove(placed, interval.offset), 0, interval);
  }
  return total;
}

function smallestGap({ bytes, first, last }: Interval, placed: readonly Interval[]): number {
  let best = -1;
  let bestSize = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const other of placed) {
    if (other.last < first || other.first > last) continue;
    const gap = other.offset - end;
    if (gap >= bytes && gap < bestSize) {
      best = end;
      bestSize = gap;
    }
    end = Math.max(end, other.offset + other.bytes);
  }
  return best < 0 ? end : best;
}

/** The index of the first of `placed` that lies above `offset`. */
function firstAbove(placed: readonly Interval[], offset: number): number {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (placed[middle].offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
