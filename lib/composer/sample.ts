/**
 * The sampling loop of one composition: prepare once, then one program a step. Runs on a state of its own, so any number
 * of compositions share a session and take turns step by step.
 */
import { Image } from "../conditions/image.js";
import { conditionArrays, type EncodedConditions, maskArrays } from "../conditions/model-inputs.js";
import type { UnetConfig } from "../models/unet-config.js";
import { ddimSteps } from "../samplers/ddim.js";
import { cosineSchedule, type PredictionType } from "../samplers/schedule.js";
import type { Session } from "../session/session.js";
import type { Request } from "./request.js";
import type { RunReporter } from "./run.js";

/** Which of a seed's streams of random numbers sampling draws from. */
const samplingStream = 0;

const schedule = cosineSchedule();

export interface Sampling {
  readonly config: UnetConfig;
  readonly prediction: PredictionType;
  readonly request: Pick<Request, "branches" | "count" | "first" | "seed" | "eta" | "steps">;
  /** The conditions of all images, or of each image its own: one for each of the session's planes. */
  readonly encoded: readonly EncodedConditions[];
  readonly reporter: RunReporter;
  readonly signal: AbortSignal;
}

/**
 * The images of a request by a session of its extent. Throws CP_CANCELLED, within one step of the signal.
 *
 * Image i draws its noise from the key (seed, stream, first + i): initial latent at step 0, DDIM's at steps 1, 2, ….
 */
export async function sample(session: Session, sampling: Sampling): Promise<Image[]> {
  const { config, prediction, request, encoded, reporter, signal } = sampling;
  const { branches, count, first, seed, eta } = request;
  const rows = branches.length * count;
  const key = Int32Array.from(
    Array.from({ length: count }, (_, i) => [seed, Math.floor(seed / 2 ** 32), samplingStream, first + i]).flat(),
  );
  const present = Array.from({ length: rows }, (_, row) => {
    const { conditions } = branches[Math.floor(row / count)];
    return (name: Parameters<typeof conditions.has>[0]) => conditions.has(name);
  });
  const constant = {
    ...maskArrays(config, encoded, present),
    branchWeights: Float32Array.from(branches.flatMap(({ weight }) => Array<number>(count).fill(weight))),
    key,
  };
  const state = session.createState();
  try {
    const conditions = conditionArrays(config, encoded, rows);
    await session.run("prepare", { ...conditions, key, noiseStep: Int32Array.of(0) }, { signal, state });
    const steps = ddimSteps(schedule, { steps: request.steps, eta, prediction });
    const begun = performance.now();
    for (const [index, { timestep, clean, next }] of steps.entries()) {
      const run = session.run(
        "step",
        {
          ...constant,
          t: new Float32Array(rows).fill(timestep),
          clean: repeated(clean, count),
          next: repeated(next, count),
          noiseStep: Int32Array.of(index + 1),
        },
        { signal, state },
      );
      // Asked for in the same breath as the run, so that watching costs no turn of the queue.
      const [, pixels] = await Promise.all([run, reporter.watched ? session.readState("preview", state) : null]);
      reporter.report({
        type: "step",
        step: index + 1,
        steps: steps.length,
        elapsedMs: performance.now() - begun,
        previews: pixels ? imagesOf(pixels as Uint8Array, config.imageSize) : [],
      });
    }
    return imagesOf((await session.readState("preview", state)) as Uint8Array, config.imageSize);
  } finally {
    state.free();
  }
}

function repeated(coefficients: readonly number[], count: number): Float32Array {
  return Float32Array.from(Array<readonly number[]>(count).fill(coefficients).flat());
}

/** P pictures one after another. */
function imagesOf(pixels: Uint8Array, size: number): Image[] {
  const length = size * size * 3;
  return Array.from({ length: pixels.length / length }, (_, i) => {
    return new Image(size, size, pixels.subarray(i * length, (i + 1) * length));
  });
}
