/** What each case is in this engine: graphs over a session, ready to be run again and again. */
import { CompositionPrograms, type Extent, prepareGraph, stepGraph } from "../lib/composer/programs.js";
import { conditionArrays, type EncodedConditions, maskArrays } from "../lib/conditions/model-inputs.js";
import { flopsOf } from "../lib/graph/flops.js";
import { Graph, type Value } from "../lib/graph/graph.js";
import { product } from "../lib/graph/pattern.js";
import type { Device } from "../lib/machine/device.js";
import { composerMini } from "../lib/models/presets.js";
import { attention } from "../lib/ops/attention.js";
import { conv2d } from "../lib/ops/conv2d.js";
import { groupNorm } from "../lib/ops/group-norm.js";
import { linear } from "../lib/ops/linear.js";
import { multiplyAdds } from "../lib/ops/multiply-adds.js";
import { store } from "../lib/ops/store.js";
import { sumSquares } from "../lib/ops/sum-squares.js";
import { ddimSteps } from "../lib/samplers/ddim.js";
import { cosineSchedule } from "../lib/samplers/schedule.js";
import { DeviceWeights } from "../lib/session/device-weights.js";
import { initialise } from "../lib/session/initialise.js";
import type { InstructionTime } from "../lib/session/profile.js";
import { Session } from "../lib/session/session.js";
import type { TensorMap, WeightsTensor } from "../lib/weights/safetensors.js";
import type { Case, NetCase, OpCase } from "./cases.js";
import { netPrograms, randomParameters } from "./nets.js";
import { openTraining } from "./training.js";

export interface Work {
  /** By the direct method, whatever the kernels spend. */
  readonly flops: number;
  run(): Promise<unknown>;
  /** An op's result; of training, the losses so far. */
  output(): Promise<Float32Array>;
  /** The time of each of its instructions; of a job, those of a step. */
  profile(): Promise<InstructionTime[]>;
  close(): Promise<void>;
}

/** `operands`: as `operandsOf` gives them. Nets have random weights: speed does not depend on them. */
export function openWork(device: Device, work: Case, operands: TensorMap): Promise<Work> {
  switch (work.kind) {
    case "net":
      return openNet(device, work);
    case "train":
      return openTraining(device, work.batch, operands);
    case "job":
      return openComposition(device, work.steps);
    default:
      return openOp(device, work, operands);
  }
}

/** A run of nothing but multiply-adds in registers, about 50 ms long: the machine's peak. */
export function openPeak(device: Device): Promise<Work> {
  const graph = new Graph();
  const count = 192 * device.info.threads;
  const y = multiplyAdds(graph, {}, { rounds: 15_000_000, count });
  return openPlain(device, graph, y, new Map());
}

/** Reads 256 MiB. */
export async function openReading(device: Device): Promise<Work & { readonly bytes: number }> {
  const graph = new Graph();
  const x = graph.parameter("x", [2 ** 26]);
  const work = await openPlain(device, graph, sumSquares(graph, { x }), await initialise([x], 1));
  return { ...work, bytes: 4 * product(x.shape) };
}

async function openOp(device: Device, work: OpCase, operands: TensorMap): Promise<Work> {
  const graph = new Graph();
  const weights = new Set(["weight", "bias", "gamma", "beta"]);
  const leaves = [...operands].map(([name, { shape }]) => {
    return [name, weights.has(name) ? graph.parameter(name, shape) : graph.state(name, shape)] as const;
  });
  const named = Object.fromEntries(leaves);
  const parameters: TensorMap = new Map([...operands].filter(([name]) => weights.has(name)));
  const states = [...operands].filter(([name]) => !weights.has(name));
  return openPlain(device, graph, resultOf(graph, work, named), parameters, states);
}

function resultOf(graph: Graph, work: OpCase, { x, weight, bias, q, k, v, gamma, beta }: Record<string, Value>): Value {
  switch (work.kind) {
    case "conv":
      return conv2d(graph, { x, weight, bias }, { accuracy: work.strict ? "strict" : "fast" });
    case "linear":
      return linear(graph, { x, weight, bias });
    case "attention":
      return attention(graph, { q, k, v }, { heads: work.heads });
    case "groupNorm":
      return groupNorm(graph, { x, gamma, beta }, { groups: work.groups, activation: "silu" });
  }
}

/** A graph without inputs, whose result goes to the state "y". */
async function openPlain(
  device: Device,
  graph: Graph,
  result: Value,
  parameters: TensorMap,
  states: Iterable<[string, WeightsTensor]> = [],
): Promise<Work> {
  store(graph, { value: result, target: graph.state("y", result.shape) });
  const session = await Session.open({ device, programs: { run: graph }, parameters });
  for (const [name, { data }] of states) await session.writeState(name, data);
  return {
    flops: flopsOf(graph),
    run: () => session.run("run", {}),
    output: async () => (await session.readState("y")) as Float32Array,
    profile: () => session.profile("run", {}),
    close: () => session.close(),
  };
}

async function openNet(device: Device, { net, batch, ...rest }: NetCase): Promise<Work> {
  if (net === "composer-mini") return openComposerStep(device, batch);
  const { prepare, step } = netPrograms({ ...rest, net, batch });
  const leaves = [prepare, step].flatMap(({ graph }) => [...graph.leaves.values()]);
  const parameters = randomParameters(leaves.filter(({ leaf }) => leaf?.kind === "parameter"));
  const weights = await DeviceWeights.load(device, parameters);
  const programs = { prepare: prepare.graph, step: step.graph };
  const session = await Session.open({ device, programs, parameters: weights });
  await session.run("prepare", prepare.inputs);
  return {
    flops: flopsOf(step.graph),
    run: () => session.run("step", step.inputs),
    output: noOutput,
    profile: () => session.profile("step", step.inputs),
    close: async () => {
      await session.close();
      weights.free();
    },
  };
}

async function openComposerStep(device: Device, batch: number): Promise<Work> {
  const composer = await openComposer(device, { images: batch, branches: 1 });
  await composer.prepare();
  const [first] = ddimSteps(cosineSchedule(), { steps: 50, eta: 0, prediction: "v" });
  return {
    flops: flopsOf(composer.graphs.step),
    run: () => composer.step(first, 0),
    output: noOutput,
    profile: () => composer.profile(first),
    close: composer.close,
  };
}

async function openComposition(device: Device, steps: number): Promise<Work> {
  const composer = await openComposer(device, { images: 1, branches: 2 });
  const schedule = ddimSteps(cosineSchedule(), { steps, eta: 0, prediction: "v" });
  return {
    flops: flopsOf(composer.graphs.prepare) + steps * flopsOf(composer.graphs.step),
    run: async () => {
      await composer.prepare();
      for (const [index, step] of schedule.entries()) await composer.step(step, index);
    },
    output: noOutput,
    profile: () => composer.profile(schedule[0]),
    close: composer.close,
  };
}

/** composer-mini with random weights, its two programs, and a palette as the condition. */
async function openComposer(device: Device, extent: Extent) {
  const { images, branches } = extent;
  const graphs = { prepare: prepareGraph(composerMini, extent), step: stepGraph(composerMini, extent) };
  const leaves = Object.values(graphs).flatMap((graph) => [...graph.leaves.values()]);
  const parameters = leaves.filter(({ leaf }) => leaf?.kind === "parameter");
  const weights = await DeviceWeights.load(device, await initialise(parameters, 1));
  const programs = new CompositionPrograms(device, composerMini, weights);
  const session = await programs.of(extent);
  const rows = images * branches;
  const image: EncodedConditions = { palette: new Float32Array(180).fill(1 / 180), locals: {} };
  const conditions = conditionArrays(composerMini, [image], rows);
  const present = Array.from({ length: rows }, (_, row) => () => row < images);
  const masks = maskArrays(composerMini, [image], present);
  const key = new Int32Array(4 * images);
  const repeated = (values: Iterable<number>) => {
    return Float32Array.from(Array.from({ length: images }, () => [...values]).flat());
  };
  const branchWeights = new Float32Array(rows).map((_, row) => (branches === 1 ? 1 : row < images ? 2 : -1));
  const stepInputs = ({ timestep, clean, next }: ReturnType<typeof ddimSteps>[number], index: number) => ({
    ...masks,
    key,
    branchWeights,
    t: new Float32Array(rows).fill(timestep),
    clean: repeated(clean),
    next: repeated(next),
    noiseStep: Int32Array.of(index + 1),
  });
  type Step = Parameters<typeof stepInputs>[0];
  return {
    graphs,
    prepare: () => session.run("prepare", { ...conditions, key, noiseStep: Int32Array.of(0) }),
    step: (step: Step, index: number) => session.run("step", stepInputs(step, index)),
    profile: (step: Step) => session.profile("step", stepInputs(step, 0)),
    close: () => programs.close(),
  };
}

async function noOutput(): Promise<never> {
  throw new Error("neither an op nor training: there is nothing to compare");
}
