import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { linear } from "../../lib/ops/linear.js";
import { mean } from "../../lib/ops/mean.js";
import { squaredError } from "../../lib/ops/squared-error.js";
import { Session } from "../../lib/session/session.js";
import {
  appendOptimiser,
  defaultOptimiser,
  learningRate,
  optimiserSettings,
  stateNames,
} from "../../lib/training/optimiser.js";

const [rows, inputs] = [3, 2];
const x = Float32Array.of(1, 2, -1, 0.5, 3, -2);
const target = Float32Array.of(40, -10, 25);
const options = { ...defaultOptimiser(50), learningRate: 0.1, warmupSteps: 3, weightDecay: 0.1, maxNorm: 1 };

/** One linear layer's weights under the textbook rule, in f64: Loshchilov & Hutter 2019, algorithm 2, clipped. */
function textbook(start: readonly number[], steps: number) {
  let weight = [...start];
  const [m, v] = [
    [0, 0],
    [0, 0],
  ];
  let average = [...start];
  for (let step = 0; step < steps; step++) {
    const gradient = [0, 0];
    for (let row = 0; row < rows; row++) {
      const error = x[2 * row] * weight[0] + x[2 * row + 1] * weight[1] - target[row];
      for (let i = 0; i < inputs; i++) gradient[i] += (2 * error * x[2 * row + i]) / rows;
    }
    const clip = Math.min(1, options.maxNorm / Math.hypot(...gradient));
    const rate = learningRate(options, step);
    weight = weight.map((w, i) => {
      const g = gradient[i] * clip;
      m[i] = options.beta1 * m[i] + (1 - options.beta1) * g;
      v[i] = options.beta2 * v[i] + (1 - options.beta2) * g * g;
      const [mHat, vHat] = [m[i] / (1 - options.beta1 ** (step + 1)), v[i] / (1 - options.beta2 ** (step + 1))];
      return w - rate * (mHat / (Math.sqrt(vHat) + options.epsilon) + options.weightDecay * w);
    });
    const decay = Math.min(options.averageDecay, (1 + step) / (10 + step));
    average = average.map((a, i) => decay * a + (1 - decay) * weight[i]);
  }
  return { weight, average };
}

describe("optimiser", () => {
  it("follows AdamW with clipping and an average, step by step", async () => {
    const graph = new Graph();
    const weight = graph.parameter("w", [inputs, 1], { mean: 0.5, std: 0 });
    const prediction = linear(graph, { x: graph.input("x", [rows, inputs]), weight });
    const errors = squaredError(graph, {
      prediction,
      target: graph.input("target", [rows, 1]),
      weight: graph.input("weight", [rows]),
    });
    appendOptimiser(graph, mean(graph, { x: errors }), options.maxNorm);
    const device = openReferenceDevice();
    const session = await Session.open({ device, programs: { step: graph }, parameters: { seed: 1 }, trainable: true });
    await session.writeState(stateNames.average("w"), Float32Array.of(0.5, 0.5));
    for (let step = 0; step < 20; step++) {
      const settings = optimiserSettings(options, step);
      await session.run("step", { x, target, weight: new Float32Array(rows).fill(1), "optimiser/settings": settings });
    }
    const expected = textbook([0.5, 0.5], 20);
    const got = [await session.readState("w"), await session.readState(stateNames.average("w"))];
    for (const [index, values] of [expected.weight, expected.average].entries()) {
      for (const [i, value] of values.entries()) assert.ok(Math.abs(got[index][i] - value) < 1e-5 * Math.abs(value));
    }
    await session.close();
    await device.close();
  });

  it("warms up, holds, and falls to a tenth", () => {
    const schedule = { ...defaultOptimiser(1000), learningRate: 1, warmupSteps: 10, decayFrom: 500 };
    const rates = [0, 9, 10, 499, 750, 1000].map((step) => learningRate(schedule, step));
    const expected = [0.1, 1, 1, 1, 0.55, 0.1];
    for (const [i, rate] of rates.entries()) assert.ok(Math.abs(rate - expected[i]) < 1e-12, `${rates}`);
  });
});
