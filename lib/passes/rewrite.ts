/**
 * Copies a graph node by node into a new one, under rules that may put something else in a node's place.
 *
 * A rule sees one node and what its operands have become, and gives the value that takes the place of the node's only
 * result. What a rule makes superfluous stays in the graph; `removeDead` takes it out. All leaves are kept, and nodes
 * that mutate state keep their order.
 */
import { type Dtype, Graph, type Node, type RealDtype, storageOf, type Value } from "../graph/graph.js";
import { applyOp, namedAttributes, namedOperands, type OpDefinition } from "../graph/op.js";
import { sameShape } from "../graph/pattern.js";

/** A new graph, and where the old one's values went; null for a value that is no longer computed. */
export interface Rewritten {
  readonly graph: Graph;
  readonly valueOf: (old: Value) => Value | null;
}

/** One node of the old graph as a rule sees it; all values but `node`'s are the new graph's. */
export interface Site {
  readonly graph: Graph;
  readonly node: Node;
  readonly operands: Record<string, Value | null>;
  readonly attributes: Record<string, number | string>;
  /** The old graph's readers of this node's operand, or of views of it, itself among them; those that read it twice, twice. */
  readonly readersOf: (operand: string) => readonly Node[];
  /** Whether this node is the only reader of its operand. */
  readonly usedOnce: (operand: string) => boolean;
  /** The node that computes `value` if it is one of `op` and could as well be computed here; else null. */
  readonly producer: (value: Value | null, op: OpDefinition) => Producer | null;
  /** The place among the new graph's nodes of the one that computes `value`; −1 for a leaf. */
  readonly placeOf: (value: Value) => number;
  /** Whether reading `value` at any later place gives what it gives here. */
  readonly stable: (value: Value) => boolean;
}

export interface Producer {
  readonly operands: Record<string, Value | null>;
  readonly attributes: Record<string, number | string>;
  /** Its place among the new graph's nodes. */
  readonly index: number;
}

export interface Rule {
  /** The op whose nodes it looks at. */
  readonly on: OpDefinition;
  readonly rewrite: (site: Site) => Value | null;
}

/** A graph under construction as the copy of another, with every leaf of it, in the dtype that `dtypeOf` gives it. */
export class Copy {
  readonly graph = new Graph();
  private readonly values = new Map<Value, Value>();

  constructor(source: Graph, dtypeOf = (leaf: Value): Dtype => leaf.dtype) {
    for (const leaf of source.leaves.values()) {
      const { kind, name, initial } = leaf.leaf!;
      const { shape } = leaf;
      const dtype = dtypeOf(leaf);
      const copied =
        kind === "parameter"
          ? this.graph.parameter(name, shape, initial, dtype as RealDtype)
          : kind === "state"
            ? this.graph.state(name, shape, dtype)
            : this.graph.input(name, shape, dtype);
      this.values.set(leaf, copied);
    }
  }

  /** The new value of `old`; null if it has none. Views are made as they are asked for. */
  of(old: Value): Value | null {
    const known = this.values.get(old);
    if (known || !old.viewOf) return known ?? null;
    const base = this.of(storageOf(old));
    if (!base) return null;
    const view = viewOf(this.graph, base, old.shape);
    this.values.set(old, view);
    return view;
  }

  operandsOf(node: Node): (Value | null)[] {
    return node.operands.map((value) => value && this.of(value));
  }

  put(old: Value, value: Value): void {
    this.values.set(old, value);
  }

  /** Appends `node` as it is, over the new values of its operands. */
  append(
    node: Node,
    operands = this.operandsOf(node),
    results: readonly Pick<Value, "shape" | "dtype">[] = node.results,
  ): Node {
    const copied = this.graph.append(node.op, operands, node.attributes, results, node.frame);
    for (const [index, result] of node.results.entries()) this.put(result, copied.results[index]);
    return copied;
  }
}

/** `value` under `shape`: itself where it has that shape, and never a view of a view. */
export function viewOf(graph: Graph, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value;
  const storage = storageOf(value);
  return sameShape(storage.shape, shape) ? storage : graph.reshape(storage, shape);
}

/** Appends `op` and gives its first result. */
export function emit(
  graph: Graph,
  op: OpDefinition,
  operands: Record<string, Value | null>,
  attributes: Record<string, number | string>,
): Value {
  return applyOp(graph, op, operands, attributes).results[0];
}

const mutatedIndices = new WeakMap<OpDefinition, readonly number[]>();

/** The storages of the operands that `node` writes in place. */
export function mutatedBy({ op, operands }: Node): Value[] {
  let indices = mutatedIndices.get(op);
  if (!indices) {
    indices = Object.values(op.operands).flatMap((spec, index) => (spec.mutates ? index : []));
    mutatedIndices.set(op, indices);
  }
  return indices.map((index) => storageOf(operands[index]!));
}

/**
 * The graph with `rules` tried at every node in turn, the first that answers taking effect. With `share`, a node that
 * computes the same op of the same values as an earlier one becomes that earlier one.
 */
export function rewrite(source: Graph, rules: readonly Rule[], { share = false } = {}): Rewritten {
  const copy = new Copy(source);
  const seen = new Map<string, Node>();
  const sites = new Sites(source, copy.graph);
  for (const node of source.nodes) {
    const operands = copy.operandsOf(node);
    const replacement = sites.tryRules(rules, node, operands);
    if (replacement) {
      copy.put(node.results[0], viewOf(copy.graph, replacement, node.results[0].shape));
      continue;
    }
    const key = share ? sites.key(node, operands) : null;
    const twin = key === null ? undefined : seen.get(key);
    if (twin) {
      for (const [index, result] of node.results.entries()) copy.put(result, twin.results[index]);
      continue;
    }
    const copied = copy.append(node, operands);
    if (key !== null) seen.set(key, copied);
    sites.appended(copied);
  }
  return { graph: copy.graph, valueOf: (old) => copy.of(old) };
}

/** What rules ask about: uses in the old graph; places and mutations so far in the new one. */
class Sites {
  private readonly uses = new Map<Value, Node[]>();
  private readonly everMutated = new Set<string>();
  /** For a storage of the new graph, the place of the last node that changed it. */
  private readonly lastMutation = new Map<Value, number>();
  private readonly places = new Map<Node, number>();

  constructor(
    source: Graph,
    private readonly graph: Graph,
  ) {
    for (const node of source.nodes) {
      for (const value of node.operands) {
        if (!value) continue;
        const uses = this.uses.get(storageOf(value));
        if (uses) uses.push(node);
        else this.uses.set(storageOf(value), [node]);
      }
      for (const storage of mutatedBy(node)) this.everMutated.add(leafKey(storage));
    }
  }

  appended(node: Node): void {
    for (const storage of mutatedBy(node)) this.lastMutation.set(storage, this.graph.nodes.length - 1);
  }

  /** Equal for nodes that compute the same; null for one that changes state. */
  key(node: Node, operands: readonly (Value | null)[]): string | null {
    if (mutatedBy(node).length > 0) return null;
    const words = operands.map((value) => {
      if (!value) return "-";
      const storage = storageOf(value);
      return `${storage.id}@${this.lastMutation.get(storage) ?? -1}[${value.shape}]`;
    });
    return `${node.op.name}(${node.attributes})${words.join(",")}`;
  }

  tryRules(rules: readonly Rule[], node: Node, operands: readonly (Value | null)[]): Value | null {
    const applicable = rules.filter((rule) => rule.on === node.op);
    if (applicable.length === 0) return null;
    const old = namedOperands(node.op, node.operands);
    const readersOf = (name: string) => (old[name] && this.uses.get(storageOf(old[name]))) ?? [];
    const site: Site = {
      graph: this.graph,
      node,
      operands: namedOperands(node.op, operands),
      attributes: namedAttributes(node.op, node.attributes),
      readersOf,
      usedOnce: (name) => readersOf(name).length === 1,
      producer: (value, op) => this.producer(value, op),
      placeOf: (value) => this.placeOf(storageOf(value).producer),
      stable: (value) => !this.everMutated.has(leafKey(storageOf(value))),
    };
    for (const rule of applicable) {
      const value = this.graph.scope(node.frame, () => rule.rewrite(site));
      if (value) return value;
    }
    return null;
  }

  private producer(value: Value | null, op: OpDefinition): Producer | null {
    const node = value?.producer;
    if (node?.op !== op) return null;
    const index = this.placeOf(node);
    const moved = node.operands.some((operand) => operand && (this.lastMutation.get(storageOf(operand)) ?? -1) > index);
    if (moved) return null;
    const { operands, attributes } = node;
    return { operands: namedOperands(op, operands), attributes: namedAttributes(op, attributes), index };
  }

  private placeOf(node: Node | null): number {
    if (!node) return -1;
    for (let index = this.places.size; index < this.graph.nodes.length; index++) {
      this.places.set(this.graph.nodes[index], index);
    }
    return this.places.get(node)!;
  }
}

function leafKey(storage: Value): string {
  return storage.leaf ? `${storage.leaf.kind}:${storage.leaf.name}` : "";
}
