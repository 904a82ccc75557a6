/**
 * Condition dropout, Composer §3.3: every condition is dropped with its own probability (0.5; intensity 0.7, because it
 * says nearly everything), all are dropped with probability 0.1 and all are kept with probability 0.1.
 *
 * The sentence has two published readings.
 * Reading A ("per-sample", Uni-ControlNet): one draw a sample decides between keep all, drop all and independent coins,
 * so a condition is dropped with probability 0.1 + 0.8 p: 0.50, intensity 0.66.
 * Reading B ("per-batch", VideoComposer): of the whole batch 10 % keep all and 10 % drop all; then round(p · batch)
 * samples are dropped for each condition among the rest, so a condition is dropped with probability 0.1 + p: 0.60 and
 * 0.80, as far as the rest suffices.
 */
import { type ConditionName, conditionNames } from "../conditions/condition.js";

export type DropoutReading = "per-sample" | "per-batch";

export interface DropoutOptions {
  readonly reading: DropoutReading;
  /** Probability that all conditions are kept; that all are dropped. */
  readonly keepAll: number;
  readonly dropAll: number;
  /** Probability that this condition is kept and all others are dropped; reading A only. Absent: 0. */
  readonly alone?: Readonly<Partial<Record<ConditionName, number>>>;
  /** Probability that one condition is dropped. */
  readonly drop: Readonly<Record<ConditionName, number>>;
}

/** The paper's probabilities in reading A, `per-sample`. */
const paper: DropoutOptions = {
  reading: "per-sample",
  keepAll: 0.1,
  dropAll: 0.1,
  drop: {
    caption: 0.5,
    semantics: 0.5,
    palette: 0.5,
    sketch: 0.5,
    instances: 0.5,
    depth: 0.5,
    intensity: 0.7,
    masking: 0.5,
  },
};

/** Ways to drop conditions, by the names that `train` knows them by. */
export const dropouts = {
  "per-sample": paper,
  "per-batch": { ...paper, reading: "per-batch" },
  /**
   * For small budgets: under the paper's probabilities one sample in 250 has a caption and nothing else, far too few
   * for a net that sees some hundred thousand; here a third of the samples have one condition alone.
   */
  "often-alone": {
    ...paper,
    alone: {
      caption: 0.12,
      semantics: 0.02,
      palette: 0.03,
      sketch: 0.03,
      instances: 0.04,
      depth: 0.04,
      intensity: 0.02,
      masking: 0.03,
    },
  },
  /**
   * For a net that keeps to planes already, and is still to learn what words mean: of five samples three have a caption
   * alone, one has another condition alone, and the fifth has all or none.
   */
  "captions-first": {
    ...paper,
    alone: {
      caption: 0.58,
      semantics: 0.01,
      palette: 0.01,
      sketch: 0.02,
      instances: 0.04,
      depth: 0.06,
      intensity: 0.01,
      masking: 0.07,
    },
  },
} as const satisfies Record<string, DropoutOptions>;

/** Which conditions each of `batch` samples keeps. `random` gives numbers in [0, 1). */
export function drawPresence(
  batch: number,
  random: () => number,
  options: DropoutOptions,
): Record<ConditionName, boolean>[] {
  return options.reading === "per-sample" ? perSample(batch, random, options) : perBatch(batch, random, options);
}

function perSample(batch: number, random: () => number, { keepAll, dropAll, alone = {}, drop }: DropoutOptions) {
  return Array.from({ length: batch }, () => {
    const draw = random();
    const coins = conditionNames.map((name) => random() >= drop[name]);
    if (draw < keepAll) return presence(() => true);
    let limit = keepAll + dropAll;
    if (draw < limit) return presence(() => false);
    const only = conditionNames.findIndex((name) => {
      limit += alone[name] ?? 0;
      return draw < limit;
    });
    return presence((index) => (only < 0 ? coins[index] : index === only));
  });
}

function perBatch(batch: number, random: () => number, { keepAll, dropAll, drop }: DropoutOptions) {
  const order = shuffled(batch, random);
  const kept = Math.round(keepAll * batch);
  const dropped = Math.round(dropAll * batch);
  const rest = order.slice(kept + dropped);
  const result = Array.from({ length: batch }, () => presence(() => true));
  for (const sample of order.slice(kept, kept + dropped)) result[sample] = presence(() => false);
  for (const name of conditionNames) {
    const chosen = shuffled(rest.length, random).slice(0, Math.round(drop[name] * batch));
    for (const index of chosen) result[rest[index]][name] = false;
  }
  return result;
}

function presence(isKept: (index: number) => boolean): Record<ConditionName, boolean> {
  return Object.fromEntries(conditionNames.map((name, index) => [name, isKept(index)])) as Record<
    ConditionName,
    boolean
  >;
}

/** Fisher–Yates over 0 … count−1. */
function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
