/** y[h·block + i, w·block + j, c] = x[h, w, (i·block + j)·C + c], C the channels of y: depth to space, see unshuffle. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { unshuffle } from "./unshuffle.js";

export const shuffle = defineOp({
  name: "shuffle",
  operands: { x: { shape: "N H W C" } },
  attributes: { block: { kind: "int" } },
  results: { y: { shape: "N H*block W*block C/(block*block)" } },
  gradient: (graph, { attributes, upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && unshuffle(graph, { x: dy }, attributes),
  }),
  reference({ x, y }, { block }) {
    const [, , width, channels] = y.shape;
    for (let target = 0; target < y.data.length; target++) {
      const column = Math.floor(target / channels) % width;
      const row = Math.floor(target / (channels * width)); // counts through the images
      const pixel = Math.floor(row / block) * (width / block) + Math.floor(column / block);
      const place = (row % block) * block + (column % block);
      y.data[target] = x.data[(pixel * block * block + place) * channels + (target % channels)];
    }
  },
});
