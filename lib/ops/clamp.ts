/** y = min(max(x, low), high), elementwise. */
import { defineOp } from "../graph/op.js";

export const clamp = defineOp({
  name: "clamp",
  operands: { x: { shape: "..." } },
  attributes: { low: { kind: "float" }, high: { kind: "float" } },
  results: { y: { shape: "..." } },
  gradient: (graph, { operands: { x }, attributes, upstream: { y: dy } }) => ({
    x: dy && clampGradient(graph, { x, dy }, attributes),
  }),
  reference({ x, y }, { low, high }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = Math.min(Math.max(x.data[i], low), high);
  },
});

/** dx = dy where low ≤ x ≤ high, else 0. */
export const clampGradient = defineOp({
  name: "clampGradient",
  operands: { x: { shape: "..." }, dy: { shape: "..." } },
  attributes: { low: { kind: "float" }, high: { kind: "float" } },
  results: { dx: { shape: "..." } },
  reference({ x, dy, dx }, { low, high }) {
    for (let i = 0; i < x.data.length; i++) dx.data[i] = x.data[i] >= low && x.data[i] <= high ? dy.data[i] : 0;
  },
});
