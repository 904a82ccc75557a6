/**
 * A small U-Net that sees: for every pixel of a picture its depth, what kind of object it belongs to, and where that
 * object's centre is, from which `decodePercept` makes objects.
 *
 * Objects are told apart bottom-up: a heat map that peaks at each object's centre, and for every pixel the way to its
 * own object's centre. Source: Panoptic-DeepLab (arXiv 1911.10194), section 3.
 */
import type { Graph, Value } from "../graph/graph.js";
import { absoluteError } from "../ops/absolute-error.js";
import { add } from "../ops/add.js";
import { fill } from "../ops/fill.js";
import { mean } from "../ops/mean.js";
import { multiply } from "../ops/multiply.js";
import { scaleBy } from "../ops/scale-by.js";
import { shuffle } from "../ops/shuffle.js";
import { sliceChannels } from "../ops/slice-channels.js";
import { softmaxCrossEntropy } from "../ops/softmax-cross-entropy.js";
import { squaredError } from "../ops/squared-error.js";
import { unshuffle } from "../ops/unshuffle.js";
import { residualBlock } from "./blocks.js";
import { convLayer, groupNormLayer } from "./layers.js";
import { throughStages } from "./stages.js";
import { layoutOf, type Stage } from "./unet-config.js";

export interface PerceptConfig {
  readonly imageSize: number;
  /** The stem folds block × block pixels into channels, the head unfolds them. */
  readonly block: number;
  readonly width: number;
  readonly multipliers: readonly number[];
  readonly groups: number;
}

/** What is predicted for every pixel, with its channels, in the order in which the head gives them. */
export const perceptChannels = {
  /** Normalised inverse depth; clamp it to 0 … 1 where it is used. */
  depth: 1,
  /** Logits: background, sphere, cube, cylinder. */
  shape: 4,
  /** Logits: the eight colours, none. */
  colour: 9,
  /** Logits: small, large; of meaning on objects only. */
  size: 2,
  /** Logits: rubber, metal; of meaning on objects only. */
  material: 2,
  /** 1 at an object's centre, falling off around it. */
  centre: 1,
  /** Across and down to the own object's centre, in units of `offsetUnit` of the picture; on objects only. */
  offset: 2,
} as const;
export type PerceptName = keyof typeof perceptChannels;
export type PerceptOutputs = Readonly<Record<PerceptName, Value>>;

/** image [N imageSize imageSize 3] in −1 … 1 -> each prediction [N imageSize imageSize channels]. */
export function perceive(graph: Graph, config: PerceptConfig, image: Value): PerceptOutputs {
  const { block, width, groups } = config;
  return graph.scope("percept", () => {
    const layout = layoutOf({ ...config, blocks: 1, ascent: "entered", attentionLevels: [] });
    const run = (x: Value, { name, outputs, resample }: Stage) =>
      residualBlock(graph, name, x, { outputs, groups, resample });
    const stem = convLayer(graph, "stem", unshuffle(graph, { x: image }, { block }), width);
    const h = groupNormLayer(graph, "norm", throughStages(graph, layout, stem, run), groups, { activation: "silu" });
    const channels = Object.values(perceptChannels).reduce((sum, count) => sum + count, 0);
    return outputsOf(graph, shuffle(graph, { x: convLayer(graph, "head", h, channels * block ** 2) }, { block }));
  });
}

function outputsOf(graph: Graph, x: Value): PerceptOutputs {
  let begin = 0;
  const slices = Object.entries(perceptChannels).map(([name, count]) => {
    const slice = sliceChannels(graph, { x }, { begin, count });
    begin += count;
    return [name, slice];
  });
  return Object.fromEntries(slices);
}

/** The truth for every pixel, shaped [N H W] for the i32 labels and as the prediction for the rest. */
export interface PerceptTargets extends PerceptOutputs {
  /** [N H W 2], 1 on objects; the offset's target is 0 elsewhere. */
  readonly offsetMask: Value;
}

/** How much each prediction counts, chosen so that the parts start at about the same size. */
const lossWeights = { depth: 4, shape: 1, colour: 0.5, size: 0.5, material: 0.5, centre: 50, offset: 2 };

/** The weighted sum [1] of all errors; a negative label counts nothing. */
export function perceptLoss(graph: Graph, outputs: PerceptOutputs, targets: PerceptTargets): Value {
  return graph.scope("loss", () => {
    const weight = fill(graph, {}, { count: outputs.depth.shape[0], value: 1 });
    const masked = multiply(graph, { a: outputs.offset, b: targets.offsetMask });
    const labelled = (name: PerceptName) =>
      softmaxCrossEntropy(graph, { logits: outputs[name], target: targets[name] });
    const losses = {
      depth: absoluteError(graph, { prediction: outputs.depth, target: targets.depth, weight }),
      shape: labelled("shape"),
      colour: labelled("colour"),
      size: labelled("size"),
      material: labelled("material"),
      centre: squaredError(graph, { prediction: outputs.centre, target: targets.centre, weight }),
      offset: absoluteError(graph, { prediction: masked, target: targets.offset, weight }),
    };
    return Object.entries(losses)
      .map(([name, x]) => scaleBy(graph, { x: mean(graph, { x }) }, { factor: lossWeights[name as PerceptName] }))
      .reduce((a, b) => add(graph, { a, b }));
  });
}
