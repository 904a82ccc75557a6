/**
 * The one training loop: resume, step, report, checkpoint, stop.
 *
 * A step is one run of one program: forward, backward, clipping, AdamW and the average. The next batch is prepared while
 * the device computes. Same task, seed and steps give the same weights bit for bit, however often the run was stopped.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CounterpointError } from "../graph/error.js";
import { Graph } from "../graph/graph.js";
import { sameShape } from "../graph/pattern.js";
import type { Device } from "../machine/device.js";
import { store } from "../ops/store.js";
import { Session } from "../session/session.js";
import { type TensorMap, writeSafetensors } from "../weights/safetensors.js";
import { loadCheckpoint, loadLosses, saveCheckpoint, saveLosses } from "./checkpoint.js";
import { lossPlot } from "./loss-plot.js";
import { appendOptimiser, learningRate, optimiserSettings, stateNames } from "./optimiser.js";
import type { TrainingTask } from "./task.js";

export interface TrainOptions {
  readonly device: Device;
  /** Where checkpoint, loss.csv, loss.svg and the weights go. */
  readonly folder: string;
  /** Steps in all; a run that was stopped goes on from its checkpoint. */
  readonly steps: number;
  /** Seeds the initial weights. */
  readonly seed: number;
  /**
   * Weights to begin with in the place of drawn ones, wherever name and shape agree: a net goes on from its published
   * weights, or from a relative's. A checkpoint in the folder comes first.
   */
  readonly initial?: TensorMap;
  /** Seconds between checkpoints. */
  readonly checkpointSeconds: number;
  /** Stops after the step under way, with a checkpoint; the run can be resumed. */
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: TrainProgress) => void;
}

export interface TrainProgress {
  /** Steps done, 1 … steps. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

export interface TrainSummary {
  readonly task: string;
  readonly steps: number;
  readonly samples: number;
  readonly finalLoss: number;
  /** The averaged weights so far, written with every checkpoint. */
  readonly weightsFile: string;
}

/** Trains `task`, or goes on where its checkpoint in `folder` stands. Throws CP_TRAIN_DIVERGED on a non-finite loss. */
export async function train(task: TrainingTask, options: TrainOptions): Promise<TrainSummary> {
  const { device, folder, steps } = options;
  const graph = new Graph();
  const { loss } = task.build(graph);
  store(graph, { value: loss, target: graph.state("loss", [1]) });
  appendOptimiser(graph, loss, task.optimiser.maxNorm);
  await mkdir(folder, { recursive: true });
  const checkpoint = await loadCheckpoint(folder, task.name);
  const losses = await loadLosses(folder, checkpoint?.step ?? 0);
  await using session = await Session.open({
    device,
    programs: { step: graph },
    parameters: { seed: options.seed },
    trainable: true,
  });
  if (checkpoint) await session.restoreState(checkpoint.tensors);
  else await begin(session, options.initial ?? new Map());

  const save = async (step: number) => {
    await saveLosses(folder, losses);
    await saveCheckpoint(folder, task.name, { step, tensors: await session.stateSnapshot() });
    await writeFile(join(folder, "loss.svg"), lossPlot(`${task.name}: loss by step`, losses));
    return writeAverages(session, task, folder, step);
  };
  const begun = performance.now();
  const first = checkpoint?.step ?? 0;
  let savedAt = begun;
  let step = first;
  let inputs = task.inputs(step);
  while (step < steps && !options.signal?.aborted) {
    const current = await inputs;
    if (step + 1 < steps) inputs = task.inputs(step + 1);
    await session.run("step", { ...current, "optimiser/settings": optimiserSettings(task.optimiser, step) });
    losses[step] = (await session.readState("loss"))[0];
    if (!Number.isFinite(losses[step])) throw diverged(task, step, losses[step]);
    step++;
    options.onStep?.(progressOf(task, step, steps, losses[step - 1], (step - first) / (performance.now() - begun)));
    if (performance.now() - savedAt > options.checkpointSeconds * 1000 && step < steps) {
      await save(step);
      savedAt = performance.now();
    }
  }
  await inputs.catch(() => {});
  const weightsFile = await save(step);
  return {
    task: task.name,
    steps: step,
    samples: step * task.batch,
    finalLoss: losses[step - 1] ?? Number.NaN,
    weightsFile,
  };
}

/** Takes over the initial weights that fit, and begins the averages at what the parameters are then. */
async function begin(session: Session, initial: TensorMap): Promise<void> {
  for (const [name, { shape, data }] of await session.parametersSnapshot()) {
    const given = initial.get(name);
    const taken = given && sameShape(given.shape, shape) ? given.data : null;
    if (taken) await session.writeState(name, taken);
    await session.writeState(stateNames.average(name), taken ?? data);
  }
}

/** Writes the averaged weights under the parameters' names. */
async function writeAverages(session: Session, task: TrainingTask, folder: string, step: number): Promise<string> {
  const tensors: TensorMap = new Map();
  for (const [name, { shape }] of await session.parametersSnapshot()) {
    tensors.set(name, { shape, data: (await session.readState(stateNames.average(name))) as Float32Array });
  }
  const path = join(folder, `${task.name}.safetensors`);
  await writeSafetensors(path, tensors, {
    dtype: "F16",
    metadata: { ...task.metadata, task: task.name, step: String(step) },
  });
  return path;
}

function progressOf(task: TrainingTask, step: number, steps: number, loss: number, stepsPerMs: number): TrainProgress {
  return {
    step,
    steps,
    loss,
    samplesPerSecond: stepsPerMs * 1000 * task.batch,
    secondsLeft: (steps - step) / (stepsPerMs * 1000),
  };
}

function diverged(task: TrainingTask, step: number, loss: number): CounterpointError {
  const rate = learningRate(task.optimiser, step);
  return new CounterpointError(
    "CP_TRAIN_DIVERGED",
    `${task.name}: the loss of step ${step} is ${loss} at learning rate ${rate}; the last checkpoint is from before. Lower the learning rate.`,
    { phase: "train", details: { step, loss: String(loss), learningRate: rate } },
  );
}
