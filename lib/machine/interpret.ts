/**
 * Runs a graph node by node by its ops' reference loops, in f64 and unrounded: the oracle of passes and gradients.
 *
 * Views share memory with what they are views of, as on a device; nothing is planned, fused or rounded.
 */
import { CounterpointError } from "../graph/error.js";
import { type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { namedAttributes, type ReferenceTensor } from "../graph/op.js";
import { product } from "../graph/pattern.js";

/**
 * The content of every value after all nodes of `graph` have run once.
 *
 * `leaves` is keyed as `graph.leaves` is: "parameter:conv.weight", "state:latent", "input:t". Parameters and inputs must
 * be there; a state leaf left out starts as zeros. The arrays given are not changed: the result of a mutated state leaf
 * is its final content. Throws CP_GRAPH_INVALID for a missing leaf or one of the wrong length.
 */
export function interpret(graph: Graph, leaves: ReadonlyMap<string, Float64Array>): (value: Value) => Float64Array {
  const memory = new Map<Value, Float64Array>();
  for (const [key, leaf] of graph.leaves) memory.set(leaf, leafContent(key, leaf, leaves.get(key)));
  const read = (value: Value): Float64Array => {
    const data = memory.get(storageOf(value));
    if (!data) throw new CounterpointError("CP_GRAPH_INVALID", "a value of another graph, or read before its node");
    return data;
  };
  for (const node of graph.nodes) runNode(node, read, memory);
  return read;
}

function leafContent(key: string, leaf: Value, given: Float64Array | undefined): Float64Array {
  const length = product(leaf.shape);
  if (!given && leaf.leaf?.kind === "state") return new Float64Array(length);
  if (given?.length !== length) {
    throw new CounterpointError(
      "CP_GRAPH_INVALID",
      `leaf "${key}" has ${given?.length ?? "no"} elements, not ${length}`,
    );
  }
  return given.slice();
}

function runNode(node: Node, read: (value: Value) => Float64Array, memory: Map<Value, Float64Array>): void {
  const tensors: Record<string, ReferenceTensor | undefined> = {};
  for (const [index, name] of Object.keys(node.op.operands).entries()) {
    const value = node.operands[index];
    if (value) tensors[name] = { shape: value.shape, data: read(value) };
  }
  for (const [index, name] of Object.keys(node.op.results).entries()) {
    const result = node.results[index];
    const data = new Float64Array(product(result.shape));
    memory.set(result, data);
    tensors[name] = { shape: result.shape, data };
  }
  node.op.reference(tensors, namedAttributes(node.op, node.attributes));
}
