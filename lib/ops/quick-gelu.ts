/**
 * y = x · σ(1.702 x), elementwise: the approximation of GELU that CLIP's published weights were trained with.
 * Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2.
 */
import { defineOp } from "../graph/op.js";

const steepness = 1.702;

export const quickGelu = defineOp({
  name: "quickGelu",
  operands: { x: { shape: "..." } },
  results: { y: { shape: "..." } },
  gradient: (graph, { operands: { x }, upstream: { y: dy } }) => ({ x: dy && quickGeluGradient(graph, { x, dy }) }),
  reference({ x, y }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] / (1 + Math.exp(-steepness * x.data[i]));
  },
});

/** dx = dy · σ(1.702 x) · (1 + 1.702 x · (1 − σ(1.702 x))). */
export const quickGeluGradient = defineOp({
  name: "quickGeluGradient",
  operands: { x: { shape: "..." }, dy: { shape: "..." } },
  results: { dx: { shape: "..." } },
  reference({ x, dy, dx }) {
    for (let i = 0; i < x.data.length; i++) {
      const sigmoid = 1 / (1 + Math.exp(-steepness * x.data[i]));
      dx.data[i] = dy.data[i] * sigmoid * (1 + steepness * x.data[i] * (1 - sigmoid));
    }
  },
});
