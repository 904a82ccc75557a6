/** y = x · σ(x), elementwise. Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2. */
import { defineOp } from "../graph/op.js";

export const silu = defineOp({
  name: "silu",
  operands: { x: { shape: "..." } },
  results: { y: { shape: "..." } },
  gradient: (graph, { operands: { x }, upstream: { y: dy } }) => ({ x: dy && siluGradient(graph, { x, dy }) }),
  reference({ x, y }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] / (1 + Math.exp(-x.data[i]));
  },
});

/** dx = dy · σ(x) · (1 + x · (1 − σ(x))). */
export const siluGradient = defineOp({
  name: "siluGradient",
  operands: { x: { shape: "..." }, dy: { shape: "..." } },
  results: { dx: { shape: "..." } },
  reference({ x, dy, dx }) {
    for (let i = 0; i < x.data.length; i++) {
      const sigmoid = 1 / (1 + Math.exp(-x.data[i]));
      dx.data[i] = dy.data[i] * sigmoid * (1 + x.data[i] * (1 - sigmoid));
    }
  },
});
