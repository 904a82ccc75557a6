/**
 * loss = log Σₖ exp(logitsₖ) − logits[target], for each row. A negative target means no label: loss 0, no gradient.
 * One beyond the last class is taken as the last, so that no value of the target reads outside the row.
 */
import { defineOp } from "../graph/op.js";

export const softmaxCrossEntropy = defineOp({
  name: "softmaxCrossEntropy",
  operands: { logits: { shape: "... K", dtype: "f32" }, target: { shape: "...", dtype: "i32" } },
  results: { loss: { shape: "...", dtype: "f32" } },
  gradient: (graph, { operands: { logits, target }, upstream: { loss: dloss } }) => ({
    logits: dloss && softmaxCrossEntropyGradient(graph, { logits, target, dloss }),
  }),
  reference({ logits, target, loss }) {
    const classes = logits.shape[logits.shape.length - 1];
    for (let row = 0; row < target.data.length; row++) {
      if (target.data[row] < 0) continue;
      const values = logits.data.subarray(row * classes, (row + 1) * classes);
      const largest = values.reduce((a, b) => Math.max(a, b));
      const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
      loss.data[row] = largest + Math.log(sum) - values[Math.min(target.data[row], classes - 1)];
    }
  },
});

/** dlogits = dloss · (softmax(logits) − one-hot(target)); zero where the target is negative. */
export const softmaxCrossEntropyGradient = defineOp({
  name: "softmaxCrossEntropyGradient",
  operands: {
    logits: { shape: "... K", dtype: "f32" },
    target: { shape: "...", dtype: "i32" },
    dloss: { shape: "...", dtype: "f32" },
  },
  results: { dlogits: { shape: "... K", dtype: "f32" } },
  reference({ logits, target, dloss, dlogits }) {
    const classes = logits.shape[logits.shape.length - 1];
    for (let row = 0; row < target.data.length; row++) {
      if (target.data[row] < 0) continue;
      const values = logits.data.subarray(row * classes, (row + 1) * classes);
      const largest = values.reduce((a, b) => Math.max(a, b));
      const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
      values.forEach((value, k) => {
        const hit = k === Math.min(target.data[row], classes - 1) ? 1 : 0;
        dlogits.data[row * classes + k] = dloss.data[row] * (Math.exp(value - largest) / sum - hit);
      });
    }
  },
});
