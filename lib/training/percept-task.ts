/**
 * Trains percept-mini, and judge, which is the same task in another width from another seed: a scene's picture to its
 * depth and objects. Pictures get a little noise and another exposure, so that the nets do not live on the renderer's
 * exact colours.
 */
import { colours, materials, shapes, sizes } from "../conditions/attributes.js";
import { type SceneSample, Scenes } from "../data/scenes.js";
import type { Graph } from "../graph/graph.js";
import { uniformStream } from "../graph/random.js";
import { type PerceptConfig, type PerceptTargets, perceive, perceptChannels, perceptLoss } from "../models/percept.js";
import { perceptTargets } from "../models/percept-targets.js";
import { fromRgb8 } from "../ops/from-rgb8.js";
import { joined } from "./batch.js";
import { defaultOptimiser, type OptimiserOptions } from "./optimiser.js";
import { streams } from "./streams.js";
import type { InputArray, TrainingTask } from "./task.js";

export interface PerceptTaskOptions {
  readonly name: "percept-mini" | "judge";
  readonly config: PerceptConfig;
  readonly batch: number;
  /** Seeds the scenes. */
  readonly seed: number;
  readonly steps: number;
}

const labels = ["shape", "colour", "size", "material"] as const;
const planes = ["depth", "centre", "offset", "offsetMask"] as const;

export class PerceptTask implements TrainingTask {
  readonly name: string;
  readonly batch: number;
  readonly optimiser: OptimiserOptions;
  readonly metadata: Readonly<Record<string, string>>;
  private readonly scenes = Scenes.open();

  constructor(private readonly options: PerceptTaskOptions) {
    this.name = options.name;
    this.batch = options.batch;
    this.optimiser = { ...defaultOptimiser(options.steps), learningRate: 1e-3 };
    this.metadata = { config: JSON.stringify(options.config) };
  }

  build(graph: Graph) {
    const { batch, config } = this.options;
    const square = [batch, config.imageSize, config.imageSize];
    const plane = (name: (typeof planes)[number]) => {
      const channels = name === "offsetMask" ? perceptChannels.offset : perceptChannels[name];
      return [name, graph.input(`target.${name}`, [...square, channels])];
    };
    const label = (name: (typeof labels)[number]) => [name, graph.input(`target.${name}`, square, "i32")];
    const targets: PerceptTargets = Object.fromEntries([...planes.map(plane), ...labels.map(label)]);
    const image = fromRgb8(graph, { x: graph.input("rgb", [...square, 3], "u8") });
    return { loss: perceptLoss(graph, perceive(graph, config, image), targets) };
  }

  async inputs(step: number): Promise<Record<string, InputArray>> {
    const { batch, config, seed } = this.options;
    const samples = await this.scenes.batch(seed, step * batch, batch, config.imageSize);
    const targets = samples.map(targetsOf);
    const entries = [...planes, ...labels].map((name) => {
      const type = name in perceptChannels && (labels as readonly string[]).includes(name) ? Int32Array : Float32Array;
      return [
        `target.${name}`,
        joined<Float32Array | Int32Array>(
          type,
          targets.map((target) => target[name]),
        ),
      ];
    });
    const rgb = samples.map((sample, row) =>
      exposed(sample.rgb, uniformStream(seed, streams.exposure, step * batch + row)),
    );
    return { ...Object.fromEntries(entries), rgb: joined(Uint8Array, rgb) };
  }

  async close(): Promise<void> {
    this.scenes.close();
  }
}

function targetsOf({ size, instances, classes, depth }: SceneSample) {
  const objects = classes.map((object) => ({
    shape: shapes.indexOf(object.shape),
    colour: colours.indexOf(object.colour),
    size: sizes.indexOf(object.size),
    material: materials.indexOf(object.material),
  }));
  return perceptTargets(size, instances, objects, depth);
}

/** The picture with a gain of 0.9 to 1.1 a channel and, half of the time, noise of up to 12 steps either way. */
function exposed(rgb: Uint8Array, random: () => number): Uint8Array {
  const gains = [0, 1, 2].map(() => 0.9 + 0.2 * random());
  const amplitude = Math.max(0, 24 * random() - 12);
  const out = new Uint8ClampedArray(rgb.length);
  for (let i = 0; i < rgb.length; i++) {
    out[i] = rgb[i] * gains[i % 3] + (amplitude > 0 ? amplitude * (2 * random() - 1) : 0);
  }
  return new Uint8Array(out.buffer);
}
