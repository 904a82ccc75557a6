/**
 * Composer's U-Net: the prediction for a noisy image at a time, under any subset of eight conditions.
 *
 *     e = mlp(sinusoidal(t)) + Σ_g mask_g · embedding_g              g: caption, semantics, palette
 *     h = conv( unshuffle(x_t) ⊕ Σ_l mask_l · plane_l )              l: the five local conditions; ⊕ joins channels
 *     h = residual and attention blocks, down, middle, up, each modulated by e, attending to the masked context
 *     prediction = shuffle( conv( silu( norm(h) ) ) )
 *
 * A mask of 0 makes a condition exactly absent, biases included. Activations are [B H W C].
 * Source: Composer (arXiv 2302.09778), section 2.2; ADM (arXiv 2105.05233), section 3; GLIDE (arXiv 2112.10741).
 */
import type { Graph, Value } from "../graph/graph.js";
import { add } from "../ops/add.js";
import { addMasked } from "../ops/add-masked.js";
import { concatChannels } from "../ops/concat-channels.js";
import { scaleRows } from "../ops/scale-rows.js";
import { shuffle } from "../ops/shuffle.js";
import { silu } from "../ops/silu.js";
import { sinusoidal } from "../ops/sinusoidal.js";
import { unshuffle } from "../ops/unshuffle.js";
import { attentionBlock, residualBlock } from "./blocks.js";
import { convLayer, groupNormLayer, linearLayer } from "./layers.js";
import { throughStages } from "./stages.js";
import type { Encoded } from "./unet-conditions.js";
import {
  type GlobalName,
  globalNames,
  type LocalName,
  layoutOf,
  localNames,
  type Stage,
  type UnetConfig,
} from "./unet-config.js";

/** Which conditions each row of the batch has: 1 present, 0 absent. */
export interface ConditionMasks {
  /** [B] for each condition. */
  readonly locals: Readonly<Record<LocalName, Value>>;
  readonly globals: Readonly<Record<GlobalName, Value>>;
  /** [B contextLength]: the caption's words up to its length, the image tokens, the palette tokens. */
  readonly context: Value;
}

/** What one evaluation of the net reads. */
export interface DenoiseInputs {
  /** The noisy image [B imageSize imageSize 3]. */
  readonly xT: Value;
  /** The timestep [B], 0 … 1000; need not be whole. */
  readonly t: Value;
  /** From `encodeConditions`, global values with B rows; local planes with P rows, row b reading plane b % P. */
  readonly encoded: Encoded;
  readonly masks: ConditionMasks;
}

/** The net's prediction [B imageSize imageSize outputChannels]. */
export function denoise(graph: Graph, config: UnetConfig, inputs: DenoiseInputs): Value {
  return graph.scope("unet", () => {
    const embedding = silu(graph, { x: embeddingOf(graph, config, inputs) });
    const run = (x: Value, stage: Stage) => runStage(graph, config, x, stage, embedding, inputs);
    let h = throughStages(graph, layoutOf(config), stemOf(graph, config, inputs), run);
    h = groupNormLayer(graph, "norm", h, config.groups, { activation: "silu" });
    h = convLayer(graph, "head", h, config.outputChannels * config.block ** 2, { gain: 0 });
    return config.block === 1 ? h : shuffle(graph, { x: h }, { block: config.block });
  });
}

/** [B 4·width]: the time and the conditions that are added to it. */
function embeddingOf(graph: Graph, config: UnetConfig, { t, encoded, masks }: DenoiseInputs): Value {
  return graph.scope("embedding", () => {
    const hidden = linearLayer(graph, "time1", sinusoidal(graph, { t }, { width: config.width }), 4 * config.width);
    let sum = linearLayer(graph, "time2", silu(graph, { x: hidden }), 4 * config.width);
    for (const name of globalNames) {
      const part = scaleRows(graph, { x: encoded[`embedding.${name}`], factor: masks.globals[name] });
      sum = add(graph, { a: sum, b: part });
    }
    return sum;
  });
}

/** The folded image joined with the sum of the present local planes, through the first convolution. */
function stemOf(graph: Graph, config: UnetConfig, { xT, encoded, masks }: DenoiseInputs): Value {
  return graph.scope("stem", () => {
    let sum: Value | null = null;
    for (const name of localNames) {
      sum = addMasked(graph, { base: sum, plane: encoded[`local.${name}`], mask: masks.locals[name] });
    }
    const folded = config.block === 1 ? xT : unshuffle(graph, { x: xT }, { block: config.block });
    return convLayer(graph, "conv", concatChannels(graph, { a: folded, b: sum! }), config.width);
  });
}

function runStage(
  graph: Graph,
  { groups, headWidth }: UnetConfig,
  x: Value,
  { name, outputs, resample, attention }: Stage,
  embedding: Value,
  { encoded, masks }: DenoiseInputs,
): Value {
  const h = residualBlock(graph, name, x, { outputs, groups, resample, embedding });
  if (!attention) return h;
  const context = {
    keys: encoded[`${name}.attention.context-keys`],
    values: encoded[`${name}.attention.context-values`],
    mask: masks.context,
  };
  return attentionBlock(graph, `${name}.attention`, h, { groups, headWidth, context });
}
