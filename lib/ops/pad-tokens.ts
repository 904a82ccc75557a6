/** y = x with `before` tokens of zeros in front of and `after` behind those of each image. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { sliceTokens } from "./slice-tokens.js";

export const padTokens = defineOp({
  name: "padTokens",
  operands: { x: { shape: "N T C" } },
  attributes: { before: { kind: "int" }, after: { kind: "int" } },
  results: { y: { shape: "N before+T+after C" } },
  gradient: (graph, { operands: { x }, attributes: { before }, upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && sliceTokens(graph, { x: dy }, { begin: before, count: x.shape[1] }),
  }),
  reference({ x, y }, { before, after }) {
    const [images, tokens, channels] = x.shape;
    for (let n = 0; n < images; n++) {
      const values = x.data.subarray(n * tokens * channels, (n + 1) * tokens * channels);
      y.data.set(values, (n * (before + tokens + after) + before) * channels);
    }
  },
});
