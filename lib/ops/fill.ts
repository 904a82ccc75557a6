/** y = value, `count` times. */
import { defineOp } from "../graph/op.js";

export const fill = defineOp({
  name: "fill",
  operands: {},
  attributes: { count: { kind: "int" }, value: { kind: "float" } },
  results: { y: { shape: "count", dtype: "f32" } },
  reference({ y }, { value }) {
    y.data.fill(value);
  },
});
