/**
 * y[r] = table[ids[r]]: a row of the table for every id, as the table has it.
 *
 * An id outside the table stands for the nearest row, 0 or V−1, in the gradient as well: nothing is ever read or
 * written outside the table, and the gradient is that of what was computed.
 */
import { defineOp } from "../graph/op.js";

export const embedding = defineOp({
  name: "embedding",
  operands: { table: { shape: "V C", dtype: "real" }, ids: { shape: "...", dtype: "i32" } },
  results: { y: { shape: "... C", dtype: { of: "table" } } },
  gradient(graph, { operands: { table, ids }, upstream: { y: dy }, wants }) {
    if (!dy || !wants("table")) return {};
    return { table: embeddingGradient(graph, { ids, dy }, { vocabulary: table.shape[0] }) };
  },
  reference({ table, ids, y }) {
    const [vocabulary, columns] = table.shape;
    for (const [row, id] of ids.data.entries()) {
      const start = nearestRow(id, vocabulary) * columns;
      y.data.set(table.data.subarray(start, start + columns), row * columns);
    }
  },
});

/** dtable[v] = Σ_{r : ids[r] = v} dy[r], summed in the order of r. */
export const embeddingGradient = defineOp({
  name: "embeddingGradient",
  operands: { ids: { shape: "...", dtype: "i32" }, dy: { shape: "... C" } },
  attributes: { vocabulary: { kind: "int" } },
  results: { dtable: { shape: "vocabulary C", dtype: "f32" } },
  reference({ ids, dy, dtable }) {
    const [vocabulary, columns] = dtable.shape;
    for (const [row, id] of ids.data.entries()) {
      const start = nearestRow(id, vocabulary) * columns;
      for (let c = 0; c < columns; c++) dtable.data[start + c] += dy.data[row * columns + c];
    }
  },
});

function nearestRow(id: number, count: number): number {
  return Math.min(Math.max(id, 0), count - 1);
}
