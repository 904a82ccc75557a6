/** y[h, w] = x[⌊h/2⌋, ⌊w/2⌋]: doubles an image by repeating pixels. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { downsample } from "./downsample.js";
import { scaleBy } from "./scale-by.js";

export const upsample = defineOp({
  name: "upsample",
  operands: { x: { shape: "N H W C" } },
  results: { y: { shape: "N H*2 W*2 C" } },
  gradient: (graph, { upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && scaleBy(graph, { x: downsample(graph, { x: dy }) }, { factor: 4 }),
  }),
  reference({ x, y }) {
    const [, , width, channels] = x.shape;
    for (let i = 0; i < y.data.length; i++) {
      const column = Math.floor(i / channels) % (width * 2);
      const row = Math.floor(i / (channels * width * 2)); // counts through the images
      y.data[i] = x.data[(Math.floor(row / 2) * width + Math.floor(column / 2)) * channels + (i % channels)];
    }
  },
});
