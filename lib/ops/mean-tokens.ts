/** y[n, c] = mean over the positions p of x[n, p, c]. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { product } from "../graph/pattern.js";
import { expandTokens } from "./expand-tokens.js";
import { scaleBy } from "./scale-by.js";

export const meanTokens = defineOp({
  name: "meanTokens",
  operands: { x: { shape: "N ... C" } },
  results: { y: { shape: "N C" } },
  gradient(graph, { operands: { x }, upstream: { y: dy } }): { x?: Value | null } {
    if (!dy) return {};
    const tokens = product(x.shape) / product(dy.shape);
    const share = scaleBy(graph, { x: dy }, { factor: 1 / tokens });
    return { x: graph.reshape(expandTokens(graph, { x: share }, { tokens }), x.shape) };
  },
  reference({ x, y }) {
    const [images, channels] = y.shape;
    const size = x.data.length / images;
    for (let i = 0; i < x.data.length; i++) {
      y.data[Math.floor(i / size) * channels + (i % channels)] += (x.data[i] * channels) / size;
    }
  },
});
