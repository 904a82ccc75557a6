/** How much arithmetic a graph asks for: the sum of its ops' `flops` expressions. */
import { evaluateExpression, parseExpression } from "./expression.js";
import type { Graph, Node } from "./graph.js";
import { type Binding, bindShape, product } from "./pattern.js";

/** Floating-point operations of one run of `graph`, a multiply-add as two; ops without an expression count nothing. */
export function flopsOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + flopsOfNode(node), 0);
}

function flopsOfNode({ op, operands, attributes, results }: Node): number {
  if (op.flops === undefined) return 0;
  const binding: Binding = { sizes: new Map(), rest: null };
  for (const [index, [name, { kind }]] of Object.entries(op.attributes).entries()) {
    if (kind === "int") binding.sizes.set(name, attributes[index]);
  }
  for (const [index, { shape }] of Object.values(op.operands).entries()) {
    const operand = operands[index];
    if (operand) bindShape(shape, operand.shape, binding);
  }
  for (const [index, { shape }] of Object.values(op.results).entries()) {
    bindShape(shape, results[index].shape, binding);
  }
  return evaluateExpression(parseExpression(op.flops), binding.sizes) ?? 0;
}

/** The number of trainable scalars in `graph`; nothing is allocated. */
export function parametersOf(graph: Graph): number {
  return [...graph.leaves.values()]
    .filter(({ leaf }) => leaf?.kind === "parameter")
    .reduce((sum, { shape }) => sum + product(shape), 0);
}
