/**
 * How well pictures keep to their conditions. For every condition alone, and for all together, one picture is generated
 * for each case, and the condition is taken from it again. The baseline is the unconditional picture of the same number,
 * which starts from the same noise, against the same wish: paired, so that the interval is that of the condition's effect.
 */
import { type ConditionName, conditionNames } from "../conditions/condition.js";
import type { Image } from "../conditions/image.js";
import type { Parts } from "../conditions/parts.js";
import type { Case, Cases } from "./cases.js";
import type { Generator } from "./generator.js";
import { type Instruments, metricsOf, type Observation, observe } from "./measure.js";
import type { RowName } from "./options.js";
import { type Pair, type Row, rowOf } from "./report.js";

/** A row that is generated: which conditions, of which cases. */
export interface Trial {
  readonly name: RowName;
  readonly conditions: readonly ConditionName[];
  readonly cases: readonly Case[];
}

/** A picture of a row beside what was wanted and what came without the conditions. */
export interface Sample {
  readonly wanted: Case;
  readonly given: Image;
  readonly without: Image;
}

export interface TrialResult {
  readonly row: Row;
  /** The first few. */
  readonly samples: readonly Sample[];
}

export interface EvaluationProgress {
  readonly row: RowName | "unconditional";
  /** Steps of batches that are done, of all rows. */
  readonly done: number;
  readonly total: number;
}

export interface EvaluateRun {
  /** Denoising steps of one batch, for progress. */
  readonly steps: number;
  /** Images computed at once. */
  readonly batch: number;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal?: AbortSignal;
}

const samplesShown = 2;

/** The generated rows among `names`, in the order of the table. Captions alone are asked of scenes with one object. */
export function trialsOf(names: ReadonlySet<RowName>, cases: Cases): Trial[] {
  const alone = conditionNames.map((name): Trial => {
    return { name, conditions: [name], cases: name === "caption" ? cases.singles : cases.scenes };
  });
  const all: Trial = { name: "all", conditions: conditionNames, cases: cases.scenes };
  return [...alone, all].filter(({ name }) => names.has(name));
}

/** Generates and measures every trial; all have the same number of cases. Throws CP_CANCELLED. */
export async function runTrials(
  trials: readonly Trial[],
  generator: Generator,
  instruments: Instruments,
  run: EvaluateRun,
): Promise<TrialResult[]> {
  if (trials.length === 0) return [];
  const count = trials[0].cases.length;
  const total = (trials.length + 1) * Math.ceil(count / run.batch) * run.steps;
  let done = 0;
  const generated = async (
    row: EvaluationProgress["row"],
    names: readonly ConditionName[],
    parts: readonly Parts[],
  ) => {
    const observations: Observation[] = [];
    const onStep = () => run.onProgress?.({ row, done: ++done, total });
    for (let first = 0; first < count; first += run.batch) {
      const batch = parts.slice(first, first + run.batch);
      const images = await generator.generate(batch, first, { onStep, signal: run.signal });
      observations.push(...(await observe(images, names, instruments, run.signal)));
    }
    return observations;
  };
  const measured = [...new Set(trials.flatMap(({ conditions }) => conditions))];
  const nothing = Array.from({ length: count }, (): Parts => ({}));
  const without = await generated("unconditional", measured, nothing);
  const results: TrialResult[] = [];
  for (const { name, conditions, cases } of trials) {
    const parts = cases.map((wanted) => partsNamed(wanted, conditions));
    const given = await generated(name, conditions, parts);
    const pairs: Pair[] = [];
    for (const [i, wanted] of cases.entries()) {
      const [ofGiven, ofBaseline] = [given[i], without[i]].map((seen) => metricsOf(seen, wanted, conditions));
      pairs.push({ given: await ofGiven, without: await ofBaseline });
    }
    const samples = cases.slice(0, samplesShown).map((wanted, i): Sample => {
      return { wanted, given: given[i].image, without: without[i].image };
    });
    results.push({ row: rowOf(name, conditions, pairs), samples });
  }
  return results;
}

/** The parts of a case that are told to the generator. */
function partsNamed({ parts }: Case, names: readonly ConditionName[]): Parts {
  return Object.fromEntries(names.map((name) => [name, parts[name]]));
}
