/** y[…, c] = x[…, begin + c] for c < count. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { padChannels } from "./pad-channels.js";

export const sliceChannels = defineOp({
  name: "sliceChannels",
  operands: { x: { shape: "... C" } },
  attributes: { begin: { kind: "int" }, count: { kind: "int" } },
  results: { y: { shape: "... count" } },
  where: ["begin+count <= C"],
  gradient(graph, { operands: { x }, attributes: { begin, count }, upstream: { y: dy } }): { x: Value | null } {
    const after = x.shape[x.shape.length - 1] - begin - count;
    return { x: dy && padChannels(graph, { x: dy }, { before: begin, after }) };
  },
  reference({ x, y }, { begin, count }) {
    const channels = x.shape[x.shape.length - 1];
    for (let row = 0; row < x.data.length / channels; row++) {
      const first = row * channels + begin;
      y.data.set(x.data.subarray(first, first + count), row * count);
    }
  },
});
