/** y[n, t] = x[n, begin + t] for t < count. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { padTokens } from "./pad-tokens.js";

export const sliceTokens = defineOp({
  name: "sliceTokens",
  operands: { x: { shape: "N T C" } },
  attributes: { begin: { kind: "int" }, count: { kind: "int" } },
  results: { y: { shape: "N count C" } },
  where: ["begin+count <= T"],
  gradient(graph, { operands: { x }, attributes: { begin, count }, upstream: { y: dy } }): { x: Value | null } {
    return { x: dy && padTokens(graph, { x: dy }, { before: begin, after: x.shape[1] - begin - count }) };
  },
  reference({ x, y }, { begin, count }) {
    const [images, tokens, channels] = x.shape;
    for (let n = 0; n < images; n++) {
      const first = (n * tokens + begin) * channels;
      y.data.set(x.data.subarray(first, first + count * channels), n * count * channels);
    }
  },
});
