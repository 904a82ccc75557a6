/**
 * DDIM (Song et al. 2021, eq. 12), written over x_t and the clean image so that every prediction type shares it:
 *
 *   x̂₀     = clip(a · x_t + b · prediction)
 *   ε      = (x_t − √ᾱ_t x̂₀) / √(1 − ᾱ_t)
 *   x_prev = √ᾱ_prev x̂₀ + √(1 − ᾱ_prev − σ²) ε + σ z,   σ = η √((1 − ᾱ_prev)/(1 − ᾱ_t)) √(1 − ᾱ_t/ᾱ_prev)
 *
 * The coefficients of a step are a few inputs of the step program, so one program serves every step and any η.
 */
import type { Graph, Value } from "../graph/graph.js";
import { clamp } from "../ops/clamp.js";
import { linearCombination } from "../ops/linear-combination.js";
import { cleanImageCoefficients, type NoiseSchedule, type PredictionType } from "./schedule.js";

export interface DdimOptions {
  /** Number of steps, 1 to the schedule's length. */
  readonly steps: number;
  /** 0: deterministic; 1: as noisy as DDPM. */
  readonly eta: number;
  readonly prediction: PredictionType;
}

export interface SamplerStep {
  /** The timestep t that the net is called with. */
  readonly timestep: number;
  /** Weights of (x_t, prediction) in x̂₀; a third, unused, is 0. */
  readonly clean: readonly [number, number, number];
  /** Weights of (x_t, x̂₀, z) in the next latent. */
  readonly next: readonly [number, number, number];
}

/** The steps of one run, noisiest first, timesteps spaced evenly and ending the schedule ("trailing" spacing). */
export function ddimSteps(schedule: NoiseSchedule, { steps, eta, prediction }: DdimOptions): SamplerStep[] {
  const stride = schedule.timesteps / steps;
  const timesteps = Array.from({ length: steps }, (_, i) => Math.round(schedule.timesteps - i * stride) - 1);
  return timesteps.map((timestep, i) => {
    const alphaBar = schedule.alphaBar[timestep];
    const previous = i + 1 < steps ? schedule.alphaBar[timesteps[i + 1]] : 1;
    const sigma = eta * Math.sqrt((1 - previous) / (1 - alphaBar)) * Math.sqrt(Math.max(0, 1 - alphaBar / previous));
    const direction = Math.sqrt(Math.max(0, 1 - previous - sigma * sigma)) / Math.sqrt(1 - alphaBar);
    return {
      timestep,
      clean: [...cleanImageCoefficients(prediction, alphaBar), 0],
      next: [direction, Math.sqrt(previous) - direction * Math.sqrt(alphaBar), sigma],
    };
  });
}

/**
 * Appends one DDIM update. `latent`, `prediction` and `noise` are [P, …]; `clean` and `next` are [P, 3], a
 * `SamplerStep`'s weights in every row. Returns x̂₀ (clipped to −1 … 1) and the next latent.
 */
export function ddimUpdate(
  graph: Graph,
  { latent, prediction, noise, clean, next }: Record<"latent" | "prediction" | "noise" | "clean" | "next", Value>,
): { x0: Value; latent: Value } {
  return graph.scope("ddim", () => {
    const estimate = linearCombination(graph, { x: latent, y: prediction, coefficients: clean });
    const x0 = clamp(graph, { x: estimate }, { low: -1, high: 1 });
    return { x0, latent: linearCombination(graph, { x: latent, y: x0, z: noise, coefficients: next }) };
  });
}
