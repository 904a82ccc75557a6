/** y = a · bᵀ: the scalar product of every row of a with every row of b. */
import { defineOp } from "../graph/op.js";
import { linear, linearWeightGradient } from "./linear.js";

export const matmulTransposed = defineOp({
  name: "matmulTransposed",
  operands: { a: { shape: "M K" }, b: { shape: "N K" } },
  results: { y: { shape: "M N" } },
  flops: "2*M*N*K",
  gradient(graph, { operands: { a, b }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    return {
      a: wants("a") ? linear(graph, { x: dy, weight: b }) : null,
      b: wants("b") ? linearWeightGradient(graph, { x: dy, dy: a }) : null,
    };
  },
  reference({ a, b, y }) {
    const [rows, depth] = a.shape;
    const columns = b.shape[0];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let i = 0; i < depth; i++) sum += a.data[row * depth + i] * b.data[column * depth + i];
        y.data[row * columns + column] = sum;
      }
    }
  },
});
