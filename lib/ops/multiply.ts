/** y = a · b, elementwise over equal shapes. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";

export const multiply = defineOp({
  name: "multiply",
  operands: { a: { shape: "..." }, b: { shape: "..." } },
  results: { y: { shape: "..." } },
  gradient(graph, { operands: { a, b }, upstream: { y: dy }, wants }): { a?: Value | null; b?: Value | null } {
    if (!dy) return {};
    return {
      a: wants("a") ? multiply(graph, { a: dy, b }) : null,
      b: wants("b") ? multiply(graph, { a: dy, b: a }) : null,
    };
  },
  reference({ a, b, y }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] * b.data[i];
  },
});
