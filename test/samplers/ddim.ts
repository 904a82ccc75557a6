import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { interpret } from "../../lib/machine/interpret.js";
import { ddimSteps, ddimUpdate } from "../../lib/samplers/ddim.js";
import {
  cleanImageCoefficients,
  cosineSchedule,
  lossWeight,
  type PredictionType,
  targetCoefficients,
} from "../../lib/samplers/schedule.js";

const schedule = cosineSchedule();
const predictions: readonly PredictionType[] = ["epsilon", "v", "x0"];

/** A net that knows the density N(mean, deviation²) of its data: the exact prediction at x_t. */
function exactPrediction(type: PredictionType, alphaBar: number, x: number, mean: number, deviation: number): number {
  const variance = alphaBar * deviation ** 2 + 1 - alphaBar;
  const clean = mean + ((Math.sqrt(alphaBar) * deviation ** 2) / variance) * (x - Math.sqrt(alphaBar) * mean);
  const noise = (x - Math.sqrt(alphaBar) * clean) / Math.sqrt(1 - alphaBar);
  const [a, b] = targetCoefficients(type, alphaBar);
  return a * clean + b * noise;
}

describe("schedule", () => {
  it("is the cosine schedule, capped at the end", () => {
    const signal = (t: number) => Math.cos(((t / 1000 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    for (const t of [0, 1, 250, 500, 900, 998]) {
      assert.ok(Math.abs(schedule.alphaBar[t] - signal(t + 1) / signal(0)) < 1e-12, `t = ${t}`);
    }
    assert.ok(Math.abs(schedule.alphaBar[999] / schedule.alphaBar[998] - 0.001) < 1e-12);
  });

  for (const type of predictions) {
    it(`${type}: the clean image comes back from the target`, () => {
      const [x0, noise] = [0.3, -1.2];
      for (const alphaBar of [0.999, 0.5, 0.01]) {
        const x = Math.sqrt(alphaBar) * x0 + Math.sqrt(1 - alphaBar) * noise;
        const [a, b] = targetCoefficients(type, alphaBar);
        const [c, d] = cleanImageCoefficients(type, alphaBar);
        assert.ok(Math.abs(c * x + d * (a * x0 + b * noise) - x0) < 1e-12);
      }
    });

    it(`${type}: min-SNR-5 weighs the clean image's error by min(SNR, 5)`, () => {
      for (const alphaBar of [0.99, 0.5, 0.1]) {
        const snr = alphaBar / (1 - alphaBar);
        // d prediction / d x0 error: how much of the clean image's error stands in the prediction's.
        const share = 1 / cleanImageCoefficients(type, alphaBar)[1] ** 2;
        assert.ok(Math.abs(lossWeight(type, alphaBar, 5) * share - Math.min(snr, 5)) < 1e-9);
        assert.equal(lossWeight(type, alphaBar, null), 1);
      }
    });
  }
});

describe("DDIM", () => {
  for (const type of predictions) {
    it(`${type}: follows the probability flow of a Gaussian, closer with more steps`, () => {
      const [mean, deviation, start] = [0.2, 0.1, 1.3];
      const last = schedule.alphaBar[999];
      const exact = mean + ((start - Math.sqrt(last) * mean) * deviation) / Math.sqrt(last * deviation ** 2 + 1 - last);
      const errors = [20, 200].map((steps) => {
        let x = start;
        for (const { timestep, clean, next } of ddimSteps(schedule, { steps, eta: 0, prediction: type })) {
          const prediction = exactPrediction(type, schedule.alphaBar[timestep], x, mean, deviation);
          x = next[0] * x + next[1] * (clean[0] * x + clean[1] * prediction);
        }
        return Math.abs(x - exact);
      });
      assert.ok(errors[1] < 0.005 && errors[1] < errors[0], `${errors}`);
    });
  }

  it("starts at the noisiest timestep and ends in the clean image", () => {
    for (const steps of [1, 7, 50, 1000]) {
      const list = ddimSteps(schedule, { steps, eta: 0, prediction: "v" });
      assert.equal(list.length, steps);
      assert.equal(list[0].timestep, 999);
      const { next } = list[steps - 1];
      assert.ok(Math.abs(next[0]) < 1e-12 && Math.abs(next[1] - 1) < 1e-12 && next[2] === 0);
    }
  });

  it("with η = 1 keeps the variance that the forward process gives", () => {
    for (const { timestep, next } of ddimSteps(schedule, { steps: 10, eta: 1, prediction: "x0" }).slice(0, -1)) {
      // Of x_t = √ᾱ x₀ + √(1−ᾱ) ε with x₀ known, the next latent's noise has variance 1 − ᾱ_prev.
      const variance = next[0] ** 2 * (1 - schedule.alphaBar[timestep]) + next[2] ** 2;
      const previous = schedule.alphaBar[timestep - 100];
      assert.ok(Math.abs(variance - (1 - previous)) < 1e-9);
    }
  });

  it("as graph nodes computes the same, and clips the clean image", () => {
    const graph = new Graph();
    const [P, n] = [2, 3];
    const names = ["latent", "prediction", "noise"] as const;
    const values = Object.fromEntries(names.map((name) => [name, graph.input(name, [P, n])]));
    const { x0, latent } = ddimUpdate(graph, {
      latent: values.latent,
      prediction: values.prediction,
      noise: values.noise,
      clean: graph.input("clean", [P, 3]),
      next: graph.input("next", [P, 3]),
    });
    const [x, p, z] = [0, 1, 2].map((k) => Float64Array.from({ length: P * n }, (_, i) => Math.sin(3 * i + k) * 2));
    const [clean, next] = [Float64Array.of(0.9, -0.4, 0, 0.9, -0.4, 0), Float64Array.of(0.5, 0.7, 0.1, 0.5, 0.7, 0.1)];
    const inputs = { latent: x, prediction: p, noise: z, clean, next };
    const leaves = new Map(Object.entries(inputs).map(([name, data]) => [`input:${name}`, data]));
    const result = interpret(graph, leaves);
    const expected = x.map((value, i) => Math.min(1, Math.max(-1, 0.9 * value - 0.4 * p[i])));
    assert.ok(expected.some((value) => Math.abs(value) === 1));
    for (let i = 0; i < P * n; i++) {
      assert.ok(Math.abs(result(x0)[i] - expected[i]) < 1e-12);
      assert.ok(Math.abs(result(latent)[i] - (0.5 * x[i] + 0.7 * expected[i] + 0.1 * z[i])) < 1e-12);
    }
  });
});
