/**
 * AdamW with gradient clipping by global norm and an exponential moving average, as instructions of the training step.
 *
 * Loshchilov & Hutter 2019, algorithm 2: decay is decoupled from the moments. One `adamw` instruction a parameter;
 * what changes from step to step is the input `optimiser/settings`.
 */
import type { Graph, Value } from "../graph/graph.js";
import { adamw } from "../ops/adamw.js";
import { add } from "../ops/add.js";
import { clipFactor } from "../ops/clip-factor.js";
import { store } from "../ops/store.js";
import { sumSquares } from "../ops/sum-squares.js";
import { gradient } from "../passes/gradient.js";

export interface OptimiserOptions {
  /** Peak learning rate, reached after `warmupSteps`. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** From here on the rate falls along a half cosine to a tenth by `totalSteps`; equal to `totalSteps`: never. */
  readonly decayFrom: number;
  readonly totalSteps: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradient. */
  readonly maxNorm: number;
  /** Decay of the average; early on min(decay, (1 + step) / (10 + step)), so that it forgets the initial values. */
  readonly averageDecay: number;
}

/** Names of the state tensors that belong to the parameter `name`. */
export const stateNames = {
  moment1: (name: string) => `moment1/${name}`,
  moment2: (name: string) => `moment2/${name}`,
  average: (name: string) => `average/${name}`,
};

/** Appends gradients of `loss` ([1]) with respect to every parameter, clipping, and one AdamW update each. */
export function appendOptimiser(graph: Graph, loss: Value, maxNorm: number): void {
  const parameters = [...graph.leaves.values()].filter((value) => value.leaf?.kind === "parameter");
  const gradients = gradient(graph, loss, parameters);
  graph.scope("optimiser", () => {
    const sum = gradients.map((x) => sumSquares(graph, { x })).reduce((a, b) => add(graph, { a, b }));
    const clip = clipFactor(graph, { sum }, { maxNorm });
    store(graph, { value: sum, target: graph.state("gradientSquares", [1]) });
    const settings = graph.input("optimiser/settings", [8]);
    for (const [index, parameter] of parameters.entries()) {
      const name = parameter.leaf?.name as string;
      adamw(graph, {
        parameter,
        moment1: graph.state(stateNames.moment1(name), parameter.shape),
        moment2: graph.state(stateNames.moment2(name), parameter.shape),
        average: graph.state(stateNames.average(name), parameter.shape),
        gradient: gradients[index],
        clip,
        settings,
      });
    }
  });
}

/** The input `optimiser/settings` of step `step` (from 0), in the order that the op `adamw` documents. */
export function optimiserSettings(options: OptimiserOptions, step: number): Float32Array {
  const { beta1, beta2, epsilon, weightDecay, averageDecay } = options;
  const decay = Math.min(averageDecay, (1 + step) / (10 + step));
  return Float32Array.of(
    learningRate(options, step),
    beta1,
    beta2,
    epsilon,
    weightDecay,
    1 - beta1 ** (step + 1),
    1 - beta2 ** (step + 1),
    decay,
  );
}

/** Linear warm-up, a plateau, then a half cosine down to a tenth of the peak. */
export function learningRate(options: OptimiserOptions, step: number): number {
  const { learningRate: peak, warmupSteps, decayFrom, totalSteps } = options;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  if (step < decayFrom) return peak;
  const progress = Math.min(1, (step - decayFrom) / Math.max(1, totalSteps - decayFrom));
  return peak * (0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/** Settings that suit the small nets: warm-up over 300 steps, decay over the last two fifths. */
export function defaultOptimiser(totalSteps: number): OptimiserOptions {
  return {
    learningRate: 6e-4,
    warmupSteps: Math.min(300, Math.ceil(totalSteps / 10)),
    decayFrom: Math.round(totalSteps * 0.6),
    totalSteps,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0.01,
    maxNorm: 1,
    averageDecay: 0.999,
  };
}
