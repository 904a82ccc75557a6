/** y = x / √(Σ x² + eps), each row to unit length; a row of zeros stays zero. */
import { defineOp } from "../graph/op.js";

export const l2Normalize = defineOp({
  name: "l2Normalize",
  operands: { x: { shape: "... C" } },
  attributes: { eps: { kind: "float", default: 1e-12 } },
  results: { y: { shape: "... C" } },
  gradient: (graph, { operands: { x }, attributes, upstream: { y: dy } }) => ({
    x: dy && l2NormalizeGradient(graph, { x, dy }, attributes),
  }),
  reference({ x, y }, { eps }) {
    const channels = x.shape[x.shape.length - 1];
    for (let first = 0; first < x.data.length; first += channels) {
      const row = x.data.subarray(first, first + channels);
      const inverse = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, eps));
      row.forEach((value, c) => {
        y.data[first + c] = value * inverse;
      });
    }
  },
});

/** dx = ( dy − y · Σ y·dy ) / √(Σ x² + eps). */
export const l2NormalizeGradient = defineOp({
  name: "l2NormalizeGradient",
  operands: { x: { shape: "... C" }, dy: { shape: "... C" } },
  attributes: { eps: { kind: "float", default: 1e-12 } },
  results: { dx: { shape: "... C" } },
  reference({ x, dy, dx }, { eps }) {
    const channels = x.shape[x.shape.length - 1];
    for (let first = 0; first < x.data.length; first += channels) {
      const row = x.data.subarray(first, first + channels);
      const inverse = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, eps));
      const product = row.reduce((sum, value, c) => sum + value * inverse * dy.data[first + c], 0);
      row.forEach((value, c) => {
        dx.data[first + c] = inverse * (dy.data[first + c] - value * inverse * product);
      });
    }
  },
});
