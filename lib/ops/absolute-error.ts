/** loss[n] = weight[n] · mean over an image of |prediction − target|. No gradient for target and weight. */
import { defineOp } from "../graph/op.js";

export const absoluteError = defineOp({
  name: "absoluteError",
  operands: {
    prediction: { shape: "N ...", dtype: "f32" },
    target: { shape: "N ...", dtype: "f32" },
    weight: { shape: "N", dtype: "f32" },
  },
  results: { loss: { shape: "N", dtype: "f32" } },
  gradient: (graph, { operands: { prediction, target, weight }, upstream: { loss: dloss } }) => ({
    prediction: dloss && absoluteErrorGradient(graph, { prediction, target, weight, dloss }),
  }),
  reference({ prediction, target, weight, loss }) {
    const size = prediction.data.length / weight.data.length;
    for (let i = 0; i < prediction.data.length; i++) {
      const n = Math.floor(i / size);
      loss.data[n] += (weight.data[n] * Math.abs(prediction.data[i] - target.data[i])) / size;
    }
  },
});

/** dprediction = dloss · weight · sign(prediction − target) / size of an image, 0 where they are equal. */
export const absoluteErrorGradient = defineOp({
  name: "absoluteErrorGradient",
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
      const sign = Math.sign(prediction.data[i] - target.data[i]);
      dprediction.data[i] = (dloss.data[n] * weight.data[n] * sign) / size;
    }
  },
});
