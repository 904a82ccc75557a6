/** y = a and then b along the last axis. */
import { defineOp } from "../graph/op.js";
import { sliceChannels } from "./slice-channels.js";

export const concatChannels = defineOp({
  name: "concatChannels",
  operands: { a: { shape: "... A" }, b: { shape: "... B" } },
  results: { y: { shape: "... A+B" } },
  gradient(graph, { operands: { a, b }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    const [A, B] = [a.shape[a.shape.length - 1], b.shape[b.shape.length - 1]];
    return {
      a: wants("a") ? sliceChannels(graph, { x: dy }, { begin: 0, count: A }) : null,
      b: wants("b") ? sliceChannels(graph, { x: dy }, { begin: A, count: B }) : null,
    };
  },
  reference({ a, b, y }) {
    const A = a.shape[a.shape.length - 1];
    const B = b.shape[b.shape.length - 1];
    for (let row = 0; row < a.data.length / A; row++) {
      y.data.set(a.data.subarray(row * A, (row + 1) * A), row * (A + B));
      y.data.set(b.data.subarray(row * B, (row + 1) * B), row * (A + B) + A);
    }
  },
});
