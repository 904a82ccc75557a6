/**
 * out[n] = c[n, 0]·x[n] + c[n, 1]·y[n] + c[n, 2]·z[n], c the coefficients: a sampler's update, whose coefficients the host
 * writes anew before each step. An absent y or z contributes nothing. No gradient with respect to the coefficients.
 */
import type { Graph, Value } from "../graph/graph.js";
import { defineOp } from "../graph/op.js";
import { scaleRows } from "./scale-rows.js";
import { sliceChannels } from "./slice-channels.js";

export const linearCombination = defineOp({
  name: "linearCombination",
  operands: {
    x: { shape: "N ...", dtype: "f32" },
    y: { shape: "N ...", dtype: "f32", optional: true },
    z: { shape: "N ...", dtype: "f32", optional: true },
    coefficients: { shape: "N 3", dtype: "f32" },
  },
  results: { out: { shape: "N ...", dtype: "f32" } },
  gradient(graph, { operands: { y, z, coefficients }, upstream: { out: dout }, wants }) {
    if (!dout) return {};
    return {
      x: wants("x") ? scaledByColumn(graph, dout, coefficients, 0) : null,
      y: y && wants("y") ? scaledByColumn(graph, dout, coefficients, 1) : null,
      z: z && wants("z") ? scaledByColumn(graph, dout, coefficients, 2) : null,
    };
  },
  reference({ x, y, z, coefficients, out }) {
    const size = x.data.length / x.shape[0];
    for (let i = 0; i < x.data.length; i++) {
      const [a, b, c] = coefficients.data.subarray(Math.floor(i / size) * 3);
      out.data[i] = a * x.data[i] + (y ? b * y.data[i] : 0) + (z ? c * z.data[i] : 0);
    }
  },
});

function scaledByColumn(graph: Graph, dout: Value, coefficients: Value, column: number): Value {
  const factor = sliceChannels(graph, { x: coefficients }, { begin: column, count: 1 });
  return scaleRows(graph, { x: dout, factor: graph.reshape(factor, [coefficients.shape[0]]) });
}
