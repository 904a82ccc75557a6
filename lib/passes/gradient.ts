/**
 * Reverse-mode differentiation: d loss / d wrt as new nodes at the end of the graph.
 *
 * Walks the nodes backwards and asks each op's rule for the gradients of those operands through which some wanted value
 * reaches the loss. Several contributions to one value are added in the order in which they arise. A fused op without
 * a rule of its own is differentiated through its definition, which is then recomputed.
 *
 * A rule that gives `null` for an operand says that it contributes nothing; one that leaves the operand out says that
 * it cannot be differentiated, which is an error where it is wanted.
 */
import { CounterpointError } from "../graph/error.js";
import { type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { namedAttributes, namedOperands } from "../graph/op.js";
import { sameShape } from "../graph/pattern.js";
import { add } from "../ops/add.js";
import { fill } from "../ops/fill.js";

/**
 * Appends to `graph` the nodes that compute d loss / d v for every v of `wrt`, and returns those values, each of its
 * v's shape. `loss` has shape [1].
 *
 * Throws CP_GRAPH_INVALID where the loss does not depend on one of `wrt` (a parameter that cannot learn is a mistake in
 * the model, not a zero), and where an op without a gradient stands between.
 */
export function gradient(graph: Graph, loss: Value, wrt: readonly Value[]): Value[] {
  if (!sameShape(loss.shape, [1])) throw invalid(`a loss has shape [1], not [${loss.shape}]`);
  const reverse = new Reverse(graph, wrt);
  reverse.through([...graph.nodes], () => reverse.contribute(loss, fill(graph, {}, { count: 1, value: 1 })));
  const unreached = wrt.filter((value) => !reverse.of(value));
  if (unreached.length > 0) {
    const names = unreached.slice(0, 20).map((value) => storageOf(value).leaf?.name ?? `value ${value.id}`);
    throw invalid(`the loss does not depend on ${unreached.length} wanted values: ${names.join(", ")}`);
  }
  return wrt.map((value) => shaped(graph, reverse.of(value)!, value.shape));
}

class Reverse {
  /** Storages through which a wanted value flows: the wanted ones and everything computed from them. */
  private readonly active: Set<Value>;
  /** The sum so far of d loss / d storage, in the storage's shape. */
  private readonly sums = new Map<Value, Value>();

  constructor(
    private readonly graph: Graph,
    wrt: readonly Value[],
  ) {
    this.active = new Set(wrt.map(storageOf));
  }

  of(value: Value): Value | null {
    return this.sums.get(storageOf(value)) ?? null;
  }

  contribute(value: Value, amount: Value): void {
    const storage = storageOf(value);
    if (!this.active.has(storage)) return;
    const addend = shaped(this.graph, amount, storage.shape);
    const sum = this.sums.get(storage);
    this.sums.set(storage, sum ? add(this.graph, { a: sum, b: addend }) : addend);
  }

  /** Carries gradients from the results of `nodes`, as `seed` sets them, to the operands of `nodes`. */
  through(nodes: readonly Node[], seed: () => void): void {
    for (const node of nodes) {
      if (node.operands.some((value) => this.isActive(value)))
        for (const result of node.results) this.active.add(result);
    }
    seed();
    for (const node of nodes.toReversed()) {
      const reached = node.results.some((result) => this.sums.has(result));
      if (!reached || !node.operands.some((value) => this.isActive(value))) continue;
      if (node.op.gradient) this.graph.scope(node.frame, () => this.byRule(node));
      else this.byDefinition(node);
    }
  }

  private isActive(value: Value | null): boolean {
    return value !== null && value.dtype === "f32" && this.active.has(storageOf(value));
  }

  private byRule(node: Node): void {
    const { op } = node;
    const names = Object.keys(op.results);
    const operands = namedOperands(op, node.operands);
    const wants = (operand: string) => this.isActive(operands[operand]);
    const given = op.gradient!(this.graph, {
      operands,
      attributes: namedAttributes(op, node.attributes),
      results: Object.fromEntries(names.map((name, index) => [name, node.results[index]])),
      upstream: Object.fromEntries(names.map((name, index) => [name, this.of(node.results[index])])),
      wants,
    });
    for (const [name, value] of Object.entries(operands)) {
      if (!value || !wants(name)) continue;
      const amount = given[name];
      if (amount === undefined) throw invalid(`${node.frame}: ${op.name} has no gradient for its "${name}"`);
      if (amount) this.contribute(value, amount);
    }
  }

  private byDefinition(node: Node): void {
    const { op } = node;
    if (!op.definition) throw invalid(`${node.frame}: ${op.name} has no gradient`);
    const start = this.graph.nodes.length;
    const plain = this.graph.scope(node.frame, () =>
      op.definition!(this.graph, namedOperands(op, node.operands), namedAttributes(op, node.attributes)),
    );
    const names = Object.keys(op.results);
    const results = names.length === 1 ? [plain as Value] : names.map((name) => (plain as Record<string, Value>)[name]);
    this.through(this.graph.nodes.slice(start), () => {
      for (const [index, result] of results.entries()) {
        const upstream = this.of(node.results[index]);
        if (upstream) this.contribute(result, upstream);
      }
    });
  }
}

function shaped(graph: Graph, value: Value, shape: readonly number[]): Value {
  return sameShape(value.shape, shape) ? value : graph.reshape(value, shape);
}

function invalid(message: string): CounterpointError {
  return new CounterpointError("CP_GRAPH_INVALID", message, { phase: "compile" });
}
