/** loss[n] = weight[n] · mean over an image of (prediction − target)². No gradient for target and weight. */
import { defineOp } from "../graph/op.js";

export const squaredError = defineOp({
  name: "squaredError",
  operands: {
    prediction: { shape: "N ...", dtype: "f32" },
    target: { shape: "N ...", dtype: "f32" },
    weight: { shape: "N", dtype: "f32" },
  },
  results: { loss: { shape: "N", dtype: "f32" } },
  gradient: (graph, { operands: { prediction, target, weight }, upstream: { loss: dloss } }) => ({
    prediction: dloss && squaredErrorGradient(graph, { prediction, target, weight, dloss }),
  }),
  reference({ prediction, target, weight, loss }) {
    const size = prediction.data.length / weight.data.length;
    for (let i = 0; i < prediction.data.length; i++) {
      const n = Math.floor(i / size);
      loss.data[n] += (weight.data[n] * (prediction.data[i] - target.data[i]) ** 2) / size;
    }
  },
});

/** dprediction = dloss · weight · 2 (prediction − target) / size of an image. */
export const squaredErrorGradient = defineOp({
  name: "squaredErrorGradient",
  operands: {
    prediction: { shape: "N ...", dtype: "f32" },
    target: { shape: "N ...", dtype: "f32" },
    weight: { shape: "N", dtype: "f32" },
    dloss: { shape: "N", dtype: "f32" },
  },
  results: { dprediction: { shape: "N ...", dtype: "f32" } },
  reference({ prediction, target, weight, dloss, dprediction }) {
    const size = prediction.data.length / weight.data.length;
    for (let i = 0; i < prediction.data.length; i++) {
      const n = Math.floor(i / size);
      const difference = prediction.data[i] - target.data[i];
      dprediction.data[i] = (2 * dloss.data[n] * weight.data[n] * difference) / size;
    }
  },
});
