/** Whole models with random weights in folders of their own; the tiny one is small enough for the reference device. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareGraph, stepGraph } from "../../lib/composer/programs.js";
import { encoderGraphs } from "../../lib/conditions/encoders.js";
import { Image } from "../../lib/conditions/image.js";
import { perceptionGraph } from "../../lib/conditions/perception.js";
import { vocabulary } from "../../lib/data/vocabulary.js";
import { Graph, type Value } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import type { ClipConfig } from "../../lib/models/clip.js";
import type { PerceptConfig } from "../../lib/models/percept.js";
import { clipMini, composerMini, perceptMini } from "../../lib/models/presets.js";
import type { UnetConfig } from "../../lib/models/unet-config.js";
import { initialise } from "../../lib/session/initialise.js";
import { pretrainedFiles } from "../../lib/weights/pretrained.js";
import { type TensorMap, type WeightsTensor, writeSafetensors } from "../../lib/weights/safetensors.js";
import { seeded } from "../random.js";

/** Side of the tiny model's pictures. */
export const size = 16;

export const tinyUnet: UnetConfig = {
  imageSize: size,
  outputChannels: 3,
  block: 2,
  width: 16,
  multipliers: [1, 2],
  blocks: 1,
  ascent: "entered",
  attentionLevels: [1],
  headWidth: 16,
  groups: 4,
  embedding: 8,
  palette: 180,
  context: { width: 16, words: 32, wordWidth: 16, tokens: 1 },
  locals: { planeSize: size, block: 2, strides: [1, 1], width: 8, outputs: 4 },
};

const transformer = { width: 16, layers: 1, heads: 2 };

const clip: ClipConfig = {
  embedding: 8,
  text: { ...transformer, vocabulary: vocabulary.length, words: 32 },
  image: { ...transformer, imageSize: size, patch: 8 },
};

const percept: PerceptConfig = { imageSize: size, block: 2, width: 8, multipliers: [1, 2], groups: 4 };

const tiny = { unet: tinyUnet, clip, percept };

/** Writes the tiny model into a new folder and gives its path; it is removed after the caller's tests. */
export function writeTinyModel(): Promise<string> {
  return writeModel(tiny, (leaves, seed) => initialise(leaves, seed));
}

/** A model of the embedded default's sizes, its weights plain patterns: for what depends on sizes alone. */
export function writeMiniModel(): Promise<string> {
  const pattern = (_: number, i: number) => (((i * 2654435761) % 4096) / 4096 - 0.5) * 0.1;
  return writeModel({ unet: composerMini, clip: clipMini(vocabulary.length), percept: perceptMini }, async (leaves) => {
    const tensors = leaves.map(({ leaf, shape }): [string, WeightsTensor] => {
      return [leaf!.name, { shape, data: new Float32Array(product(shape)).map(pattern) }];
    });
    return new Map(tensors);
  });
}

async function writeModel(
  configs: typeof tiny,
  weightsOf: (leaves: readonly Value[], seed: number) => Promise<TensorMap>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "counterpoint-model-"));
  after(() => rm(folder, { recursive: true }));
  const extent = { images: 1, branches: 1 };
  const composer = [prepareGraph(configs.unet, extent), stepGraph(configs.unet, extent)];
  const nets = [
    [pretrainedFiles.composer, configs.unet, composer],
    [pretrainedFiles.clip, configs.clip, Object.values(encoderGraphs(configs.clip, 1))],
    [pretrainedFiles.percept, configs.percept, [perceptionGraph(configs.percept, 1)]],
  ] as const;
  for (const [index, [file, config, graphs]] of nets.entries()) {
    const metadata = { config: JSON.stringify(config), prediction: "v" };
    await writeSafetensors(join(folder, file), await weightsOf(parametersOf(graphs), index), { metadata });
  }
  return folder;
}

/** The parameters of the graphs; those that training starts at 0 are given a deviation, so that everything has an effect. */
export function parametersOf(graphs: readonly Graph[]): Value[] {
  const declared = new Graph();
  for (const { leaf, shape } of graphs.flatMap(({ leaves }) => [...leaves.values()])) {
    if (leaf?.kind !== "parameter") continue;
    declared.parameter(leaf.name, shape, { mean: leaf.initial.mean, std: leaf.initial.std || 0.1 });
  }
  return [...declared.leaves.values()];
}

/** A picture of `side` pixels with large patches and a little noise. */
export function picture(seed = 1, side = size): Image {
  const random = seeded(seed);
  const corners = Array.from({ length: 12 }, () => random.uniform() * 200);
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const patch = (x < side / 2 ? 0 : 1) + (y < side / 3 ? 0 : 2);
    return corners[patch * 3 + (i % 3)] + random.uniform() * 30;
  });
  return new Image(side, side, data);
}
