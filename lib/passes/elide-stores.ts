/**
 * Finds the stores that need no instruction, because the value stored can be computed in the state where it goes.
 *
 * With p the node that computes the value, s the store and u the value's last reader, that is safe when
 *
 *     no node of [p, s) reads or writes the target,   no node of (s, u] writes it,
 *
 * and when the target is all of a state leaf. At most one store of a value and one into a target are elided.
 */
import { type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { product } from "../graph/pattern.js";
import { store } from "../ops/store.js";
import { mutatedBy } from "./rewrite.js";

export interface ElidedStores {
  readonly stores: ReadonlySet<Node>;
  /** For a value that is computed in place of its store, the leaf where it lies. */
  readonly targets: ReadonlyMap<Value, Value>;
}

/** The stores of `graph` that can be elided; `isState` says whether a leaf lies in the state region. */
export function elideStores(graph: Graph, isState: (leaf: Value) => boolean): ElidedStores {
  const accesses = accessesOf(graph);
  const stores = new Set<Node>();
  const targets = new Map<Value, Value>();
  const taken = new Set<Value>();
  for (const [index, node] of graph.nodes.entries()) {
    if (node.op !== store.definition) continue;
    const [value, target] = node.operands.map((operand) => storageOf(operand!));
    if (!value.producer || !target.leaf || !isState(target) || targets.has(value) || taken.has(target)) continue;
    if (value.dtype !== target.dtype || product(value.shape) !== product(target.shape)) continue;
    const written = accesses.first(value);
    const lastUse = accesses.last(value);
    const disturbed = accesses
      .of(target)
      .some(({ at, writes }) => (at >= written && at < index) || (writes && at > index && at <= lastUse));
    if (disturbed) continue;
    stores.add(node);
    targets.set(value, target);
    taken.add(target);
  }
  return { stores, targets };
}

interface Access {
  readonly at: number;
  readonly writes: boolean;
}

/** Every read and write of every storage, by node index. */
function accessesOf(graph: Graph) {
  const all = new Map<Value, Access[]>();
  const note = (storage: Value, access: Access) => {
    const list = all.get(storage);
    if (list) list.push(access);
    else all.set(storage, [access]);
  };
  for (const [at, node] of graph.nodes.entries()) {
    const mutated = mutatedBy(node);
    for (const value of node.operands) {
      if (value) note(storageOf(value), { at, writes: mutated.includes(storageOf(value)) });
    }
    for (const value of node.results) note(value, { at, writes: true });
  }
  return {
    of: (storage: Value): readonly Access[] => all.get(storage) ?? [],
    first: (storage: Value): number => all.get(storage)![0].at,
    last: (storage: Value): number => all.get(storage)!.at(-1)!.at,
  };
}
