/** y[h, w] = mean of the four x[2h + 0…1, 2w + 0…1]: halves an image by averaging. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { scaleBy } from "./scale-by.js";
import { upsample } from "./upsample.js";

export const downsample = defineOp({
  name: "downsample",
  operands: { x: { shape: "N H W C" } },
  results: { y: { shape: "N H/2 W/2 C" } },
  gradient: (graph, { upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && scaleBy(graph, { x: upsample(graph, { x: dy }) }, { factor: 0.25 }),
  }),
  reference({ x, y }) {
    const [, , width, channels] = x.shape;
    for (let i = 0; i < x.data.length; i++) {
      const column = Math.floor(i / channels) % width;
      const row = Math.floor(i / (channels * width)); // counts through the images: their heights are even
      const target = (Math.floor(row / 2) * (width / 2) + Math.floor(column / 2)) * channels + (i % channels);
      y.data[target] += x.data[i] / 4;
    }
  },
});
