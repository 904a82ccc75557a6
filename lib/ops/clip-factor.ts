/**
 * y = min(1, maxNorm / √sum): what gradients whose squares add up to `sum` are multiplied by so that their global norm is at
 * most maxNorm. Pascanu, Mikolov & Bengio 2013, algorithm 1. 1 for a sum of 0; NaN for a sum that is not a number, so that
 * a broken step shows. No gradient.
 */
import { defineOp } from "../graph/op.js";

export const clipFactor = defineOp({
  name: "clipFactor",
  operands: { sum: { shape: "1", dtype: "f32" } },
  attributes: { maxNorm: { kind: "float" } },
  results: { y: { shape: "1", dtype: "f32" } },
  reference({ sum, y }, { maxNorm }) {
    y.data[0] = Math.min(1, maxNorm / Math.sqrt(sum.data[0]));
  },
});
