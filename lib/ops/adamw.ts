/**
 * One step of AdamW with clipped gradients, and the exponential moving average of the parameters, all in place:
 *
 *     g = clip·gradient   m ← β₁m + (1−β₁)g   v ← β₂v + (1−β₂)g²
 *     p ← p − lr·( (m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε) + wd·p )   average ← d·average + (1−d)p
 *
 * settings = (lr, β₁, β₂, ε, wd, 1−β₁ᵗ, 1−β₂ᵗ, d). Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization",
 * algorithm 2. No gradient.
 */
import { defineOp } from "../graph/op.js";

export const adamw = defineOp({
  name: "adamw",
  operands: {
    parameter: { shape: "...", dtype: "f32", mutates: true },
    moment1: { shape: "...", dtype: "f32", mutates: true },
    moment2: { shape: "...", dtype: "f32", mutates: true },
    average: { shape: "...", dtype: "f32", mutates: true },
    gradient: { shape: "...", dtype: "f32" },
    clip: { shape: "1", dtype: "f32" },
    settings: { shape: "8", dtype: "f32" },
  },
  results: {},
  reference({ parameter, moment1, moment2, average, gradient, clip, settings }) {
    const [rate, beta1, beta2, epsilon, weightDecay, correction1, correction2, decay] = settings.data;
    for (let i = 0; i < parameter.data.length; i++) {
      const g = clip.data[0] * gradient.data[i];
      moment1.data[i] = beta1 * moment1.data[i] + (1 - beta1) * g;
      moment2.data[i] = beta2 * moment2.data[i] + (1 - beta2) * g * g;
      const step = moment1.data[i] / correction1 / (Math.sqrt(moment2.data[i] / correction2) + epsilon);
      parameter.data[i] -= rate * (step + weightDecay * parameter.data[i]);
      average.data[i] = decay * average.data[i] + (1 - decay) * parameter.data[i];
    }
  },
});
