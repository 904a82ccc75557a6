/**
 * Trains Composer's U-Net on scenes: x_t = √ᾱ x₀ + √(1−ᾱ) ε at a random t, any subset of the eight conditions, the mean
 * squared error of the prediction (Composer §3.3; parameterisation and weighting as options say).
 */

import { conditionNames } from "../conditions/condition.js";
import type { ClipEncoders } from "../conditions/encoders.js";
import { Image } from "../conditions/image.js";
import { type IntensityWeights, intensityOf, intensityWeights } from "../conditions/intensity.js";
import { maskingOf } from "../conditions/masking.js";
import { encodeParts } from "../conditions/model-conditions.js";
import { conditionArrays, maskArrays } from "../conditions/model-inputs.js";
import { Palette } from "../conditions/palette.js";
import type { Parts } from "../conditions/parts.js";
import { randomMask } from "../conditions/random-mask.js";
import { sketchOf } from "../conditions/sketch.js";
import type { Split } from "../data/scene.js";
import { type SceneSample, Scenes } from "../data/scenes.js";
import { endId } from "../data/vocabulary.js";
import type { Graph } from "../graph/graph.js";
import { uniformStream } from "../graph/random.js";
import { denoise } from "../models/unet.js";
import { encodeConditions } from "../models/unet-conditions.js";
import type { UnetConfig } from "../models/unet-config.js";
import { conditionInputs, maskInputs } from "../models/unet-inputs.js";
import { fromRgb8 } from "../ops/from-rgb8.js";
import { gaussian } from "../ops/gaussian.js";
import { linearCombination } from "../ops/linear-combination.js";
import { mean } from "../ops/mean.js";
import { squaredError } from "../ops/squared-error.js";
import { cosineSchedule, lossWeight, type PredictionType, targetCoefficients } from "../samplers/schedule.js";
import { drawnInTwos, firstSample, joined } from "./batch.js";
import { type DropoutOptions, drawPresence } from "./dropout.js";
import { defaultOptimiser, type OptimiserOptions } from "./optimiser.js";
import { streams } from "./streams.js";
import type { InputArray, TrainingTask } from "./task.js";

export interface ComposerTaskOptions {
  readonly config: UnetConfig;
  readonly prediction: PredictionType;
  /** γ of min-SNR weighting; null: none. */
  readonly minSnr: number | null;
  readonly dropout: DropoutOptions;
  /**
   * Share of the samples with a caption alone that are lessons, 0 … 1: twins of one object, told in full, mostly at
   * timesteps where a caption still decides (`lessonFraction`). Twins have the same noise at the same time, so that what
   * they teach in common cancels where it is noise to the one word they differ in. Absent: 0.
   */
  readonly singles?: number;
  readonly batch: number;
  /** Seeds scenes, noise and dropout. */
  readonly seed: number;
  readonly steps: number;
  readonly learningRate?: number;
}

export class ComposerTask implements TrainingTask {
  readonly name = "composer-mini";
  readonly batch: number;
  readonly optimiser: OptimiserOptions;
  readonly metadata: Readonly<Record<string, string>>;
  private readonly schedule = cosineSchedule();
  private readonly scenes = Scenes.open();

  constructor(
    private readonly options: ComposerTaskOptions,
    private readonly encoders: ClipEncoders,
  ) {
    const { config, prediction, batch, steps } = options;
    this.batch = batch;
    const base = defaultOptimiser(steps);
    this.optimiser = { ...base, learningRate: options.learningRate ?? base.learningRate, averageDecay: 0.9995 };
    this.metadata = { config: JSON.stringify(config), prediction };
  }

  build(graph: Graph) {
    const { batch, config } = this.options;
    const shape = [batch, config.imageSize, config.imageSize, 3];
    const clean = fromRgb8(graph, { x: graph.input("rgb", shape, "u8") });
    const key = graph.input("noise.key", [batch, 4], "i32");
    const step = graph.input("noise.step", [1], "i32");
    const draws = gaussian(graph, { key, step }, { count: shape[1] * shape[2] * 3 });
    const noise = graph.reshape(draws, shape);
    const blend = (name: string) =>
      linearCombination(graph, { x: clean, y: noise, coefficients: graph.input(name, [batch, 3]) });
    const encoded = encodeConditions(graph, config, conditionInputs(graph, config, batch));
    const prediction = denoise(graph, config, {
      xT: blend("noisy"),
      t: graph.input("t", [batch]),
      encoded,
      masks: maskInputs(graph, config, batch),
    });
    const weight = graph.input("weight", [batch]);
    return { loss: mean(graph, { x: squaredError(graph, { prediction, target: blend("target"), weight }) }) };
  }

  async inputs(step: number): Promise<Record<string, InputArray>> {
    const { batch, config, seed } = this.options;
    const { presence, isLesson } = this.plan(step);
    const first = firstSample(step, batch);
    const splits = isLesson.map((lesson): Split => (lesson ? "single" : "train"));
    const samples = await this.scenes.mixed(seed, first, splits, config.imageSize);
    const parts = samples.map((sample, index) => this.partsOf(sample, presence[index], first + index));
    const captions = await this.encoders.captions(
      samples.map(({ tokens }) => tokens),
      samples.map(({ tokens }) => tokens.indexOf(endId)),
    );
    const embeddings = await this.encoders.images(samples.map(({ rgb }) => rgb));
    const encoded = parts.map((part, index) => {
      const semantics = presence[index].semantics ? embeddings[index] : undefined;
      return encodeParts(config, { ...part, semantics }, presence[index].caption ? captions[index] : undefined);
    });
    return {
      ...conditionArrays(config, encoded, batch),
      ...maskArrays(
        config,
        encoded,
        presence.map((kept) => (name) => kept[name]),
      ),
      ...this.diffusionInputs(step, isLesson),
      rgb: joined(
        Uint8Array,
        samples.map(({ rgb }) => rgb),
      ),
    };
  }

  async close(): Promise<void> {
    this.scenes.close();
    await this.encoders.close();
  }

  /** Which conditions each sample keeps, and which samples are lessons; where there are any, by twos. */
  private plan(step: number) {
    const { batch, seed, dropout, singles = 0 } = this.options;
    const random = uniformStream(seed, streams.dropout, step);
    if (singles === 0) {
      return { presence: drawPresence(batch, random, dropout), isLesson: new Array<boolean>(batch).fill(false) };
    }
    const drawn = drawPresence(Math.ceil(batch / 2), random, dropout);
    const presence = drawnInTwos(batch, (pair) => drawn[pair]);
    const lessons = uniformStream(seed, streams.lessons, step);
    const chosen = drawnInTwos(batch, () => lessons() < singles);
    const isLesson = presence.map((kept, row) => {
      return chosen[row] && conditionNames.every((name) => kept[name] === (name === "caption"));
    });
    return { presence, isLesson };
  }

  /** The representations that need no network, of those that are kept; the truth for depth and instances. */
  private partsOf(sample: SceneSample, kept: Readonly<Record<keyof Parts, boolean>>, number: number): Parts {
    const { size, rgb } = sample;
    const { seed } = this.options;
    const image = new Image(size, size, rgb);
    const square = { width: size, height: size };
    return {
      palette: kept.palette ? Palette.fromImage(image) : undefined,
      sketch: kept.sketch ? sketchOf(image) : undefined,
      instances: kept.instances ? { ...square, map: sample.instances, objects: [...sample.classes] } : undefined,
      depth: kept.depth ? { ...square, data: sample.depth } : undefined,
      intensity: kept.intensity ? intensityOf(image, weightsAt(seed, number)) : undefined,
      masking: kept.masking ? maskingOf(image, randomMask(size, seed, number)) : undefined,
    };
  }

  /** Timesteps, one from each of `batch` equal strata (lessons: of half as many), and everything that follows from them. */
  private diffusionInputs(step: number, isLesson: readonly boolean[]): Record<string, InputArray> {
    const { batch, prediction, minSnr, seed } = this.options;
    const random = uniformStream(seed, streams.timesteps, step);
    const within = Array.from({ length: batch }, random);
    const twinOf = (row: number) => row - (row % 2);
    const timesteps = isLesson.map((lesson, row) => {
      const own = (row + within[row]) / batch;
      const shared = (twinOf(row) / 2 + within[twinOf(row)]) / Math.ceil(batch / 2);
      return Math.floor((lesson ? lessonFraction(shared) : own) * this.schedule.timesteps);
    });
    const alphaBars = timesteps.map((t) => this.schedule.alphaBar[t]);
    const seedWords = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
    return {
      t: Float32Array.from(timesteps),
      noisy: Float32Array.from(alphaBars.flatMap((alphaBar) => [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar), 0])),
      target: Float32Array.from(alphaBars.flatMap((alphaBar) => [...targetCoefficients(prediction, alphaBar), 0])),
      weight: Float32Array.from(alphaBars, (alphaBar) => lossWeight(prediction, alphaBar, minSnr)),
      "noise.key": Int32Array.from(
        isLesson.flatMap((lesson, row) => [...seedWords, streams.noise, lesson ? twinOf(row) : row]),
      ),
      "noise.step": Int32Array.of(step),
    };
  }
}

/**
 * Where in the schedule a lesson lies, 0 … 1, for a uniform draw: nine of ten above 0.45. Below that a picture's shapes
 * stand already, and follow no caption any more.
 */
function lessonFraction(uniform: number): number {
  const decided = 0.45;
  const share = 0.1;
  return uniform < share ? (uniform / share) * decided : decided + ((uniform - share) / (1 - share)) * (1 - decided);
}

/** One of the weight sets, drawn uniformly (Composer §3.1, "Intensity"). */
function weightsAt(seed: number, number: number): IntensityWeights {
  const names = Object.keys(intensityWeights) as IntensityWeights[];
  return names[Math.floor(uniformStream(seed, streams.intensity, number)() * names.length)];
}
