/**
 * composer-mini's training step as every contender takes it: from the same weights, over the same batch again and again, so
 * that all of them go down the same curve of losses.
 *
 *     loss = mean((prediction − target)²), target = x_t, every condition present
 *     forward, backward, clipping by global norm, AdamW at a constant rate, average
 *
 * What is learned does not matter to time, and that all learn it alike can be seen.
 */
import { flopsOf } from "../lib/graph/flops.js";
import { Graph } from "../lib/graph/graph.js";
import { product } from "../lib/graph/pattern.js";
import type { Device } from "../lib/machine/device.js";
import { composerMini } from "../lib/models/presets.js";
import { denoise } from "../lib/models/unet.js";
import { encodeConditions } from "../lib/models/unet-conditions.js";
import { conditionInputs, maskInputs } from "../lib/models/unet-inputs.js";
import { mean } from "../lib/ops/mean.js";
import { squaredError } from "../lib/ops/squared-error.js";
import { store } from "../lib/ops/store.js";
import { initialise } from "../lib/session/initialise.js";
import { Session } from "../lib/session/session.js";
import { appendOptimiser, defaultOptimiser, optimiserSettings } from "../lib/training/optimiser.js";
import type { TensorMap } from "../lib/weights/safetensors.js";
import { seeded } from "../test/random.js";

const optimiser = { ...defaultOptimiser(1), warmupSteps: 0, decayFrom: Number.POSITIVE_INFINITY };
const settings = "optimiser/settings";

function trainingGraph(batch: number): Graph {
  const graph = new Graph();
  const { imageSize, outputChannels } = composerMini;
  const shape = [batch, imageSize, imageSize, outputChannels];
  const prediction = denoise(graph, composerMini, {
    xT: graph.input("xT", shape),
    t: graph.input("t", [batch]),
    encoded: encodeConditions(graph, composerMini, conditionInputs(graph, composerMini, batch)),
    masks: maskInputs(graph, composerMini, batch),
  });
  const [target, weight] = [graph.input("target", shape), graph.input("weight", [batch])];
  const loss = mean(graph, { x: squaredError(graph, { prediction, target, weight }) });
  store(graph, { value: loss, target: graph.state("loss", [1]) });
  appendOptimiser(graph, loss, optimiser.maxNorm);
  return graph;
}

/** The batch as `input:<name>` and the first weights as `parameter:<name>`, in this engine's layouts. */
export async function trainingOperands(batch: number, seed: number): Promise<TensorMap> {
  const leaves = [...trainingGraph(batch).leaves.values()];
  const random = seeded(seed);
  const drawn = (name: string) => {
    if (name === "weight" || name.startsWith("mask.")) return () => 1;
    if (name === "palette") return () => 1 / composerMini.palette;
    return name === "t" ? () => random.below(1000) : () => random.normal();
  };
  const operands: TensorMap = new Map();
  for (const { leaf, shape } of leaves) {
    if (leaf?.kind !== "input" || leaf.name === settings) continue;
    const data = Float32Array.from({ length: product(shape) }, drawn(leaf.name));
    operands.set(`input:${leaf.name}`, { shape, data });
  }
  operands.set("input:target", operands.get("input:xT")!);
  const parameters = await initialise(
    leaves.filter(({ leaf }) => leaf?.kind === "parameter"),
    seed,
  );
  for (const [name, tensor] of parameters) operands.set(`parameter:${name}`, tensor);
  return operands;
}

/** `output` gives the losses of all the steps so far. */
export async function openTraining(device: Device, batch: number, operands: TensorMap) {
  const graph = trainingGraph(batch);
  const named = (kind: string) => {
    const chosen = [...operands].filter(([name]) => name.startsWith(kind));
    return chosen.map(([name, tensor]) => [name.slice(kind.length), tensor] as const);
  };
  const session = await Session.open({
    device,
    programs: { step: graph },
    parameters: new Map(named("parameter:")),
    trainable: true,
  });
  const batchInputs = Object.fromEntries(named("input:").map(([name, { data }]) => [name, data]));
  const losses: number[] = [];
  const inputs = () => ({ ...batchInputs, [settings]: optimiserSettings(optimiser, losses.length) });
  return {
    flops: flopsOf(graph),
    run: async () => {
      await session.run("step", inputs());
      const [loss] = await session.readState("loss");
      losses.push(loss);
    },
    output: async () => Float32Array.from(losses),
    profile: () => session.profile("step", inputs()),
    close: () => session.close(),
  };
}
