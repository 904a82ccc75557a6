/** y = x in another dtype of real numbers: the nearest value that it has, of two equally near the even one. No gradient. */
import { realDtypes } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";

export const cast = defineOp({
  name: "cast",
  operands: { x: { shape: "...", dtype: "real" } },
  attributes: { to: { kind: "choice", values: realDtypes, default: "f32" } },
  results: { y: { shape: "...", dtype: { choice: "to" } } },
  reference({ x, y }) {
    y.data.set(x.data);
  },
});
