/** y = x with `before` zeros in front of and `after` zeros behind the channels of each row. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { sliceChannels } from "./slice-channels.js";

export const padChannels = defineOp({
  name: "padChannels",
  operands: { x: { shape: "... C" } },
  attributes: { before: { kind: "int" }, after: { kind: "int" } },
  results: { y: { shape: "... before+C+after" } },
  gradient(graph, { operands: { x }, attributes: { before }, upstream: { y: dy } }): { x: Value | null } {
    return { x: dy && sliceChannels(graph, { x: dy }, { begin: before, count: x.shape[x.shape.length - 1] }) };
  },
  reference({ x, y }, { before, after }) {
    const channels = x.shape[x.shape.length - 1];
    for (let row = 0; row < x.data.length / channels; row++) {
      const values = x.data.subarray(row * channels, (row + 1) * channels);
      y.data.set(values, row * (before + channels + after) + before);
    }
  },
});
