/** y[n] = factor[n] · x[n], one factor an image. No gradient with respect to the factor. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";

export const scaleRows = defineOp({
  name: "scaleRows",
  operands: { x: { shape: "N ..." }, factor: { shape: "N", dtype: "f32" } },
  results: { y: { shape: "N ..." } },
  gradient: (graph, { operands: { factor }, upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && scaleRows(graph, { x: dy, factor }),
  }),
  reference({ x, factor, y }) {
    const size = x.data.length / factor.data.length;
    for (let i = 0; i < x.data.length; i++) y.data[i] = factor.data[Math.floor(i / size)] * x.data[i];
  },
});
