/** y = the tokens of a and then those of b, for each image. */
import { defineOp } from "../graph/op.js";
import { sliceTokens } from "./slice-tokens.js";

export const concatTokens = defineOp({
  name: "concatTokens",
  operands: { a: { shape: "N A C" }, b: { shape: "N B C" } },
  results: { y: { shape: "N A+B C" } },
  gradient(graph, { operands: { a, b }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    return {
      a: wants("a") ? sliceTokens(graph, { x: dy }, { begin: 0, count: a.shape[1] }) : null,
      b: wants("b") ? sliceTokens(graph, { x: dy }, { begin: a.shape[1], count: b.shape[1] }) : null,
    };
  },
  reference({ a, b, y }) {
    const A = a.shape[1] * a.shape[2];
    const B = b.shape[1] * b.shape[2];
    for (let n = 0; n < y.shape[0]; n++) {
      y.data.set(a.data.subarray(n * A, (n + 1) * A), n * (A + B));
      y.data.set(b.data.subarray(n * B, (n + 1) * B), n * (A + B) + A);
    }
  },
});
