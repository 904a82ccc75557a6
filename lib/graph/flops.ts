/** How much arithmetic a graph asks for: the sum of its ops' `flops` expressions. */
import { evaluateExpression, parseExpression } from "./expression.js";
import type { Graph } from "./graph.js";
import type { OpDefinition } from "./op.js";
import { type Binding, bindShape, product } from "./pattern.js";

/** Floating-point operations of one run of `graph`, a multiply-add as two; ops without an expression count nothing. */
export function flopsOf(graph: Graph): number {
  return graph.nodes.reduce((sum, { op, operands, results, attributes }) => {
    return sum + flopsOfOp(op, [...operands, ...results], attributes);
  }, 0);
}

/** Of one use of `op`: `tensors` are its operands, null where absent, then its results. */
export function flopsOfOp(
  op: OpDefinition,
  tensors: readonly ({ readonly shape: readonly number[] } | null)[],
  attributes: readonly number[],
): number {
  if (op.flops === undefined) return 0;
  const binding: Binding = { sizes: new Map(), rest: null };
  for (const [index, [name, { kind }]] of Object.entries(op.attributes).entries()) {
    if (kind === "int") binding.sizes.set(name, attributes[index]);
  }
  for (const [index, { shape }] of [...Object.values(op.operands), ...Object.values(op.results)].entries()) {
    const tensor = tensors[index];
    if (tensor) bindShape(shape, tensor.shape, binding);
  }
  return evaluateExpression(parseExpression(op.flops), binding.sizes) ?? 0;
}

/** The number of trainable scalars in `graph`; nothing is allocated. */
export function parametersOf(graph: Graph): number {
  return [...graph.leaves.values()]
    .filter(({ leaf }) => leaf?.kind === "parameter")
    .reduce((sum, { shape }) => sum + product(shape), 0);
}
