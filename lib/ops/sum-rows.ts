/** y[c] = Σ_rows x[row, c]: the gradient of a bias. */
import { defineOp } from "../graph/op.js";

export const sumRows = defineOp({
  name: "sumRows",
  operands: { x: { shape: "... C" } },
  results: { y: { shape: "C", dtype: "f32" } },
  reference({ x, y }) {
    const columns = y.data.length;
    for (let i = 0; i < x.data.length; i++) y.data[i % columns] += x.data[i];
  },
});
