/**
 * The nets behind a Composer, read from a folder of three safetensors files.
 *
 *     composer-mini.safetensors   metadata: config (a UnetConfig as JSON), prediction (epsilon, v or x0)
 *     clip-mini.safetensors       metadata: config (a ClipConfig)
 *     percept-mini.safetensors    metadata: config (a PerceptConfig)
 *
 * A file is checked whole before anything else happens: its bytes, its config, every tensor's name and shape against the
 * net that the config means, and that the three fit each other.
 */
import { join } from "node:path";
import { encoderGraphs } from "../conditions/encoders.js";
import { perceptionGraph } from "../conditions/perception.js";
import { tokenLength, vocabulary } from "../data/vocabulary.js";
import { CounterpointError, quoted } from "../graph/error.js";
import type { Graph, Value } from "../graph/graph.js";
import type { ClipConfig } from "../models/clip.js";
import type { PerceptConfig } from "../models/percept.js";
import type { UnetConfig } from "../models/unet-config.js";
import type { PredictionType } from "../samplers/schedule.js";
import { checkParameters } from "../session/check-parameters.js";
import { pretrainedFiles } from "../weights/pretrained.js";
import { readSafetensors, type TensorMap, type Weights } from "../weights/safetensors.js";
import { clipSchema, parseConfig, perceptSchema, unetSchema } from "./model-config.js";
import { prepareGraph, stepGraph } from "./programs.js";

/** A net's sizes and weights. */
export interface Net<Config> {
  readonly config: Config;
  readonly weights: TensorMap;
  readonly sha256: string;
}

export interface Model {
  readonly composer: Net<UnetConfig> & { readonly prediction: PredictionType };
  readonly clip: Net<ClipConfig>;
  readonly percept: Net<PerceptConfig>;
}

/** Parameters that only training reads. */
const trainingOnly = new Set(["clip.logitScale"]);

/**
 * Reads the model in `folder`. Throws CP_MODEL_NOT_FOUND, CP_IO_…, CP_WEIGHTS_… (see `readSafetensors`, `checkParameters`)
 * and CP_CONFIG_INVALID.
 */
export async function readModel(folder: string): Promise<Model> {
  const files = {
    composer: join(folder, pretrainedFiles.composer),
    clip: join(folder, pretrainedFiles.clip),
    percept: join(folder, pretrainedFiles.percept),
  };
  // One after the other: the first that is wrong is the one that is told, and none is read in vain beside it.
  const composer = await readSafetensors(files.composer);
  const clip = await readSafetensors(files.clip);
  const percept = await readSafetensors(files.percept);
  const model = {
    composer: {
      ...netOf(composer, parseConfig(unetSchema, composer, files.composer), files.composer, (config) => [
        prepareGraph(config, { images: 1, branches: 1 }),
        stepGraph(config, { images: 1, branches: 1 }),
      ]),
      prediction: predictionOf(composer, files.composer),
    },
    clip: netOf(clip, parseConfig(clipSchema, clip, files.clip), files.clip, (config) =>
      Object.values(encoderGraphs(config, 1)),
    ),
    percept: perceptOf(percept, files.percept),
  };
  requireFit(model, folder);
  return model;
}

/** Reads a net like percept-mini, such as the judge, from its file. Throws as `readModel` does. */
export async function readPercept(file: string): Promise<Net<PerceptConfig>> {
  return perceptOf(await readSafetensors(file), file);
}

function perceptOf(weights: Weights, file: string): Net<PerceptConfig> {
  return netOf(weights, parseConfig(perceptSchema, weights, file), file, (config) => [perceptionGraph(config, 1)]);
}

/** Checks that the weights are the ones of the graphs that `config` gives. */
function netOf<Config>(
  weights: Weights,
  config: Config,
  file: string,
  graphsOf: (config: Config) => Graph[],
): Net<Config> {
  const wanted = new Map<string, Value>();
  for (const graph of buildable(() => graphsOf(config), file)) {
    for (const value of graph.leaves.values()) {
      if (value.leaf?.kind === "parameter") wanted.set(value.leaf.name, value);
    }
  }
  const tensors: TensorMap = new Map([...weights.tensors].filter(([name]) => !trainingOnly.has(name)));
  checkParameters(wanted, tensors, `The weights in ${quoted(file, 200)}`);
  return { config, weights: tensors, sha256: weights.sha256 };
}

/** Sizes that are each in range may still not go together, such as channels that no group divides. */
function buildable<T>(build: () => T, file: string): T {
  try {
    return build();
  } catch (cause) {
    const reason = cause instanceof CounterpointError ? cause.message : String(cause);
    throw new CounterpointError("CP_CONFIG_INVALID", `The config in ${quoted(file, 200)} means no net: ${reason}.`, {
      phase: "load",
      details: { file },
      cause,
    });
  }
}

function predictionOf({ metadata }: Weights, file: string): PredictionType {
  const known: readonly PredictionType[] = ["epsilon", "v", "x0"];
  const got = metadata.get("prediction");
  const found = known.find((prediction) => prediction === got);
  if (found) return found;
  throw new CounterpointError(
    "CP_CONFIG_INVALID",
    `The metadata "prediction" of ${quoted(file, 200)} is ${quoted(got)}, expected one of ${known.join(", ")}.`,
    { phase: "load", details: { file, got: got ?? null, expected: known } },
  );
}

/** The three nets must agree on what passes between them, and with this version's vocabulary. */
function requireFit({ composer, clip, percept }: Pick<Model, "composer" | "clip" | "percept">, folder: string): void {
  const { context, embedding, imageSize } = composer.config;
  const pairs: readonly (readonly [what: string, got: number, expected: number])[] = [
    ["words of a caption in clip", clip.config.text.words, tokenLength],
    ["vocabulary of clip", clip.config.text.vocabulary, vocabulary.length],
    ["words of a caption in composer", context.words, clip.config.text.words],
    ["word width of composer", context.wordWidth, clip.config.text.width],
    ["embedding of composer", embedding, clip.config.embedding],
    ["image size of clip", clip.config.image.imageSize, imageSize],
    ["image size of percept", percept.config.imageSize, imageSize],
  ];
  const wrong = pairs.find(([, got, expected]) => got !== expected);
  if (!wrong) return;
  const [what, got, expected] = wrong;
  throw new CounterpointError(
    "CP_CONFIG_INVALID",
    `In ${quoted(folder, 200)} the ${what} is ${got}, expected ${expected}.`,
    {
      phase: "load",
      details: { folder, what, got, expected },
    },
  );
}
