/**
 * Trains clip-mini: captions and pictures of scenes, contrastively (CLIP, section 2.3). In scenes of several objects a
 * material hardly ever tells two captions apart, so a share of the samples may be of one object told in full. They come in
 * twins, which one attribute tells apart.
 */
import type { Split } from "../data/scene.js";
import { type SceneSample, Scenes } from "../data/scenes.js";
import { endId, vocabulary } from "../data/vocabulary.js";
import type { Graph } from "../graph/graph.js";
import { uniformStream } from "../graph/random.js";
import { type ClipConfig, contrastiveLoss, encodeImage, encodeText } from "../models/clip.js";
import { clipMini } from "../models/presets.js";
import { fromRgb8 } from "../ops/from-rgb8.js";
import { drawnInTwos, firstSample, joined } from "./batch.js";
import { defaultOptimiser, type OptimiserOptions } from "./optimiser.js";
import { streams } from "./streams.js";
import type { InputArray, TrainingTask } from "./task.js";

export interface ClipTaskOptions {
  readonly batch: number;
  /** Seeds the scenes. */
  readonly seed: number;
  /** Share of the samples whose scene has one object, told in full, 0 … 1. Absent: 0. */
  readonly singles?: number;
  readonly steps: number;
}

export class ClipTask implements TrainingTask {
  readonly name = "clip-mini";
  readonly batch: number;
  readonly optimiser: OptimiserOptions;
  readonly metadata: Readonly<Record<string, string>>;
  private readonly config: ClipConfig = clipMini(vocabulary.length);
  private readonly scenes = Scenes.open();

  constructor(private readonly options: ClipTaskOptions) {
    this.batch = options.batch;
    this.optimiser = { ...defaultOptimiser(options.steps), learningRate: 1e-3, weightDecay: 0.05 };
    this.metadata = { config: JSON.stringify(this.config) };
  }

  build(graph: Graph) {
    const { batch, config } = this;
    const size = config.image.imageSize;
    const ids = graph.input("ids", [batch, config.text.words], "i32");
    const { sentence } = encodeText(graph, config, { ids, end: graph.input("end", [batch], "i32") });
    const image = fromRgb8(graph, { x: graph.input("rgb", [batch, size, size, 3], "u8") });
    const images = encodeImage(graph, config, image);
    const targets = graph.input("targets", [batch], "i32");
    return { loss: contrastiveLoss(graph, { images, sentences: sentence, targets }) };
  }

  async inputs(step: number): Promise<Record<string, InputArray>> {
    const { batch, config } = this;
    const { seed, singles = 0 } = this.options;
    const lessons = uniformStream(seed, streams.lessons, step);
    const splits = drawnInTwos(batch, (): Split => (lessons() < singles ? "single" : "train"));
    const samples = await this.scenes.mixed(seed, firstSample(step, batch), splits, config.image.imageSize);
    return {
      ids: joined(
        Int32Array,
        samples.map(({ tokens }) => tokens),
      ),
      end: endPositions(samples),
      rgb: joined(
        Uint8Array,
        samples.map(({ rgb }) => rgb),
      ),
      targets: distinctTargets(samples),
    };
  }

  async close(): Promise<void> {
    this.scenes.close();
  }
}

function endPositions(samples: readonly SceneSample[]): Int32Array {
  return Int32Array.from(samples, ({ tokens }) => tokens.indexOf(endId));
}

/** 0 … N−1, and −1 for a caption that an earlier sample has too: no picture of the two is the wrong one. */
function distinctTargets(samples: readonly SceneSample[]): Int32Array {
  const captions = samples.map(({ caption }) => caption);
  return Int32Array.from(captions, (caption, index) => (captions.indexOf(caption) === index ? index : -1));
}
