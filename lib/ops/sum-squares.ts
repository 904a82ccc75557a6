/** y = Σ x² over all elements. No gradient: it measures gradients. */
import { defineOp } from "../graph/op.js";

export const sumSquares = defineOp({
  name: "sumSquares",
  operands: { x: { shape: "..." } },
  results: { y: { shape: "1", dtype: "f32" } },
  reference({ x, y }) {
    y.data[0] = x.data.reduce((sum, value) => sum + value * value, 0);
  },
});
