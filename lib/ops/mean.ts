/** y = mean of all elements of x. */
import { defineOp } from "../graph/op.js";

export const mean = defineOp({
  name: "mean",
  operands: { x: { shape: "..." } },
  results: { y: { shape: "1", dtype: "f32" } },
  gradient: (graph, { operands: { x }, upstream: { y: dy } }) => ({ x: dy && meanGradient(graph, { x, dy }) }),
  reference({ x, y }) {
    y.data[0] = x.data.reduce((sum, value) => sum + value, 0) / x.data.length;
  },
});

/** dx = dy / number of elements, everywhere; of x only the shape is read. */
export const meanGradient = defineOp({
  name: "meanGradient",
  operands: { x: { shape: "..." }, dy: { shape: "1", dtype: "f32" } },
  results: { dx: { shape: "..." } },
  reference({ dy, dx }) {
    dx.data.fill(dy.data[0] / dx.data.length);
  },
});
