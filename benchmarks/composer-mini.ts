/**
 * composer-mini against the machine's own peak: a training step (batch 16) and a guided composition of 50 steps.
 *
 *     npm run bench [-- --json]
 *
 * Peak is what the op `multiplyAdds` reaches on the same device and threads, measured in turn with the work, because
 * other work may share the cores; figures are medians. A share counts the direct method's operations, whatever the
 * kernels spend. No weights are needed: speed does not depend on them.
 */
import { parseArgs } from "node:util";
import { CompositionPrograms, prepareGraph, stepGraph } from "../lib/composer/programs.js";
import type { ClipEncoders } from "../lib/conditions/encoders.js";
import { conditionArrays, type EncodedConditions, maskArrays } from "../lib/conditions/model-inputs.js";
import { flopsOf } from "../lib/graph/flops.js";
import { Graph } from "../lib/graph/graph.js";
import { openCpuDevice } from "../lib/machine/cpu.js";
import type { Device } from "../lib/machine/device.js";
import { composerMini } from "../lib/models/presets.js";
import { multiplyAdds } from "../lib/ops/multiply-adds.js";
import { store } from "../lib/ops/store.js";
import { ddimSteps } from "../lib/samplers/ddim.js";
import { cosineSchedule } from "../lib/samplers/schedule.js";
import { DeviceWeights } from "../lib/session/device-weights.js";
import { initialise } from "../lib/session/initialise.js";
import { Session } from "../lib/session/session.js";
import { ComposerTask } from "../lib/training/composer-task.js";
import { dropouts } from "../lib/training/dropout.js";
import { appendOptimiser, optimiserSettings } from "../lib/training/optimiser.js";

interface Measurement {
  readonly work: string;
  readonly gflop: number;
  readonly medianMs: number;
  /** Median of the peak measured between the repetitions, in GF/s. */
  readonly peakGflops: number;
  /** gflop ÷ time ÷ peak. */
  readonly shareOfPeak: number;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** A run of nothing but multiply-adds, about 50 ms long. */
async function openPeak(device: Device): Promise<{ measure: () => Promise<number>; close: () => Promise<void> }> {
  const graph = new Graph();
  const count = 96 * device.info.threads;
  const y = multiplyAdds(graph, {}, { rounds: 30_000_000, count });
  store(graph, { value: y, target: graph.state("y", [count]) });
  const session = await Session.open({ device, programs: { peak: graph }, parameters: new Map() });
  return {
    measure: async () => flopsOf(graph) / 1e6 / (await elapsedMs(() => session.run("peak", {}))),
    close: () => session.close(),
  };
}

async function measured(
  work: string,
  flops: number,
  repetitions: number,
  peak: () => Promise<number>,
  run: () => Promise<unknown>,
): Promise<Measurement> {
  await run();
  const [times, peaks]: number[][] = [[], [await peak()]];
  for (let i = 0; i < repetitions; i++) {
    times.push(await elapsedMs(run));
    peaks.push(await peak());
  }
  const [medianMs, peakGflops] = [median(times), median(peaks)];
  return { work, gflop: flops / 1e9, medianMs, peakGflops, shareOfPeak: flops / 1e6 / medianMs / peakGflops };
}

async function trainingStep(device: Device, peak: () => Promise<number>): Promise<Measurement> {
  const batch = 16;
  const options = {
    config: composerMini,
    prediction: "v",
    minSnr: 5,
    dropout: dropouts["per-sample"],
    batch,
    seed: 1,
    steps: 100,
  } as const;
  const none = { close: async () => {} } as unknown as ClipEncoders;
  const task = new ComposerTask(options, none);
  const graph = new Graph();
  const { loss } = task.build(graph);
  store(graph, { value: loss, target: graph.state("loss", [1]) });
  appendOptimiser(graph, loss, 1);
  const session = await Session.open({ device, programs: { step: graph }, parameters: { seed: 1 }, trainable: true });
  const inputs: Record<string, Float32Array | Int32Array | Uint8Array> = {};
  for (const { leaf, shape, dtype } of graph.leaves.values()) {
    if (leaf?.kind !== "input") continue;
    const length = shape.reduce((a, b) => a * b, 1);
    inputs[leaf.name] =
      dtype === "f32"
        ? new Float32Array(length).fill(0.1)
        : dtype === "u8"
          ? new Uint8Array(length)
          : new Int32Array(length);
  }
  inputs["optimiser/settings"] = optimiserSettings(task.optimiser, 0);
  const result = await measured(`training step, batch ${batch}`, flopsOf(graph), 9, peak, () =>
    session.run("step", inputs),
  );
  await session.close();
  await task.close();
  return result;
}

async function composition(device: Device, peak: () => Promise<number>): Promise<Measurement> {
  const steps = 50;
  const extent = { images: 1, branches: 2 };
  const [prepare, step] = [prepareGraph(composerMini, extent), stepGraph(composerMini, extent)];
  const leaves = [...prepare.leaves.values(), ...step.leaves.values()].filter(({ leaf }) => leaf?.kind === "parameter");
  const weights = await DeviceWeights.load(device, await initialise(leaves, 1));
  const programs = new CompositionPrograms(device, composerMini, weights);
  const session = await programs.of(extent);
  const image: EncodedConditions = { palette: new Float32Array(180).fill(1 / 180), locals: {} };
  const conditions = conditionArrays(composerMini, [image], 2);
  const masks = maskArrays(composerMini, [image], [() => true, () => false]);
  const key = new Int32Array(4);
  const run = async () => {
    await session.run("prepare", { ...conditions, key, noiseStep: Int32Array.of(0) });
    const schedule = ddimSteps(cosineSchedule(), { steps, eta: 0, prediction: "v" });
    for (const [index, { timestep, clean, next }] of schedule.entries()) {
      await session.run("step", {
        ...masks,
        key,
        branchWeights: Float32Array.of(3, -2),
        t: new Float32Array(2).fill(timestep),
        clean: Float32Array.from(clean),
        next: Float32Array.from(next),
        noiseStep: Int32Array.of(index + 1),
      });
    }
  };
  const result = await measured(
    `guided composition, ${steps} steps`,
    flopsOf(prepare) + steps * flopsOf(step),
    5,
    peak,
    run,
  );
  await programs.close();
  return result;
}

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, threads: { type: "string" } } });
const device = openCpuDevice(values.threads ? { threads: Number(values.threads) } : {});
const peak = await openPeak(device);
const results = [await trainingStep(device, peak.measure), await composition(device, peak.measure)];
if (values.json) console.log(JSON.stringify({ device: device.info, results }));
else {
  console.log(`${device.info.name}, ${device.info.isa}, ${device.info.threads} threads`);
  for (const { work, gflop, medianMs, peakGflops, shareOfPeak } of results) {
    console.log(
      `${work.padEnd(32)} ${gflop.toFixed(0).padStart(5)} GFLOP ${medianMs.toFixed(0).padStart(7)} ms, ` +
        `${(100 * shareOfPeak).toFixed(0)} % of the peak of ${peakGflops.toFixed(0)} GF/s (${(1 / shareOfPeak).toFixed(2)} × its floor)`,
    );
  }
}
await peak.close();
await device.close();
