/** y = factor · x, elementwise with one constant. */
import type { Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";

export const scaleBy = defineOp({
  name: "scaleBy",
  operands: { x: { shape: "..." } },
  attributes: { factor: { kind: "float" } },
  results: { y: { shape: "..." } },
  gradient: (graph, { attributes: { factor }, upstream: { y: dy } }): { x: Value | null } => ({
    x: dy && scaleBy(graph, { x: dy }, { factor }),
  }),
  reference({ x, y }, { factor }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = factor * x.data[i];
  },
});
