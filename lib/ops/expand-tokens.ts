/** y[n, t] = x[n] for t < tokens. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { meanTokens } from "./mean-tokens.js";
import { scaleBy } from "./scale-by.js";

export const expandTokens = defineOp({
  name: "expandTokens",
  operands: { x: { shape: "N C" } },
  attributes: { tokens: { kind: "int" } },
  results: { y: { shape: "N tokens C" } },
  gradient: (graph, { attributes: { tokens }, upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && scaleBy(graph, { x: meanTokens(graph, { x: dy }) }, { factor: tokens }),
  }),
  reference({ x, y }, { tokens }) {
    const [images, channels] = x.shape;
    for (let row = 0; row < images * tokens; row++) {
      const n = Math.floor(row / tokens);
      y.data.set(x.data.subarray(n * channels, (n + 1) * channels), row * channels);
    }
  },
});
