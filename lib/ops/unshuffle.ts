/**
 * y[h, w, (i·block + j)·C + c] = x[h·block + i, w·block + j, c]: space to depth; a bijection.
 * Shi et al. 2016, "Real-Time Single Image … Sub-Pixel Convolutional Neural Network", equation 4, the other way round and
 * with the position in the block varying slower than the channel.
 */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { shuffle } from "./shuffle.js";

export const unshuffle = defineOp({
  name: "unshuffle",
  operands: { x: { shape: "N H W C" } },
  attributes: { block: { kind: "int" } },
  results: { y: { shape: "N H/block W/block C*block*block" } },
  gradient: (graph, { attributes, upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && shuffle(graph, { x: dy }, attributes),
  }),
  reference({ x, y }, { block }) {
    const [, , width, channels] = x.shape;
    for (let source = 0; source < x.data.length; source++) {
      const column = Math.floor(source / channels) % width;
      const row = Math.floor(source / (channels * width)); // counts through the images
      const pixel = Math.floor(row / block) * (width / block) + Math.floor(column / block);
      const place = (row % block) * block + (column % block);
      y.data[(pixel * block * block + place) * channels + (source % channels)] = x.data[source];
    }
  },
});
