/** y = a + b, elementwise over equal shapes. */
import { defineOp } from "../graph/op.js";

export const add = defineOp({
  name: "add",
  operands: { a: { shape: "..." }, b: { shape: "..." } },
  results: { y: { shape: "..." } },
  gradient: (_graph, { upstream: { y: dy } }) => ({ a: dy, b: dy }),
  reference({ a, b, y }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] + b.data[i];
  },
});
