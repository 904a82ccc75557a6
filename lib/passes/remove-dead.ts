/**
 * Keeps the nodes that change state and those that they need; everything else computes what nobody can see. A store of
 * state into itself changes nothing.
 */
import { type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { store } from "../ops/store.js";
import { Copy, mutatedBy, type Rewritten } from "./rewrite.js";

/** The graph without nodes that neither change state nor lead to one that does or to a value of `keep`. */
export function removeDead(source: Graph, keep: readonly Value[] = []): Rewritten {
  const needed = new Set<Value>(keep.map(storageOf));
  const live = source.nodes.toReversed().filter((node) => {
    if (!changesState(node) && !node.results.some((result) => needed.has(result))) return false;
    for (const value of node.operands) if (value) needed.add(storageOf(value));
    return true;
  });
  const copy = new Copy(source);
  for (const node of live.reverse()) copy.append(node);
  return { graph: copy.graph, valueOf: (old) => copy.of(old) };
}

function changesState(node: Node): boolean {
  if (node.op !== store.definition) return mutatedBy(node).length > 0;
  const [value, target] = node.operands;
  return storageOf(value!) !== storageOf(target!);
}
