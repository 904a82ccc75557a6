/**
 * y[n] = x[n, index[n]]: one token of every image.
 *
 * An index outside the tokens stands for the nearest one, 0 or T−1, in the gradient as well.
 */
import { defineOp } from "../graph/op.js";

export const gatherRows = defineOp({
  name: "gatherRows",
  operands: { x: { shape: "N T C" }, index: { shape: "N", dtype: "i32" } },
  results: { y: { shape: "N C" } },
  gradient(graph, { operands: { x, index }, upstream: { y: dy }, wants }) {
    if (!dy || !wants("x")) return {};
    return { x: gatherRowsGradient(graph, { dy, index }, { tokens: x.shape[1] }) };
  },
  reference({ x, index, y }) {
    const [images, tokens, columns] = x.shape;
    for (let n = 0; n < images; n++) {
      const start = tokenStart(n, index.data[n], tokens, columns);
      y.data.set(x.data.subarray(start, start + columns), n * columns);
    }
  },
});

/** dx[n, index[n]] = dy[n]; every other token gets zero. */
export const gatherRowsGradient = defineOp({
  name: "gatherRowsGradient",
  operands: { dy: { shape: "N C" }, index: { shape: "N", dtype: "i32" } },
  attributes: { tokens: { kind: "int" } },
  results: { dx: { shape: "N tokens C" } },
  reference({ dy, index, dx }) {
    const [images, tokens, columns] = dx.shape;
    for (let n = 0; n < images; n++) {
      const start = tokenStart(n, index.data[n], tokens, columns);
      dx.data.set(dy.data.subarray(n * columns, (n + 1) * columns), start);
    }
  },
});

function tokenStart(image: number, index: number, tokens: number, columns: number): number {
  return (image * tokens + Math.min(Math.max(index, 0), tokens - 1)) * columns;
}
