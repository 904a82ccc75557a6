/**
 * The two blocks of an ADM / GLIDE U-Net (Dhariwal & Nichol 2021, appendix; Nichol et al. 2021, section 4).
 *
 * Residual block, with FiLM and with the resampling inside it:
 *
 *     y = skip(resample(x)) + conv2( silu( norm2( conv1( resample( silu( norm1(x) ) ) ) )(1 + scale) + shift ) )
 *
 * Attention block, with the keys and values of a context put before the spatial ones, all under one softmax:
 *
 *     y = x + out( attention( q(n), [contextKeys; k(n)], [contextValues; v(n)] ) ),  n = norm(x)
 *
 * Activations are [N H W C]. conv2 and out start at zero, so every block starts as its skip.
 */
import type { Graph, Value } from "../graph/graph.js";
import { attention } from "../ops/attention.js";
import { concatTokens } from "../ops/concat-tokens.js";
import { downsample } from "../ops/downsample.js";
import { sliceChannels } from "../ops/slice-channels.js";
import { upsample } from "../ops/upsample.js";
import { convLayer, groupNormLayer, linearLayer, type Modulation } from "./layers.js";

/** What a residual block does to the size of its activations: up is nearest ×2, down is the mean of 2×2. */
export type Resample = "none" | "up" | "down";

/** One residual block: x [N H W I] -> [N H' W' outputs]. */
export function residualBlock(
  graph: Graph,
  name: string,
  x: Value,
  options: {
    outputs: number;
    groups: number;
    resample?: Resample;
    /** silu(embedding) [N E]; without it the block is not modulated. */
    embedding?: Value;
  },
): Value {
  const { outputs, groups, resample = "none", embedding } = options;
  return graph.scope(name, () => {
    let h = groupNormLayer(graph, "norm1", x, groups, { activation: "silu" });
    if (resample === "down") h = downsample(graph, { x: h });
    h = convLayer(graph, "conv1", h, outputs, { upsample: resample === "up" ? 2 : 1 });
    const modulation = embedding && modulationOf(graph, embedding, outputs);
    h = groupNormLayer(graph, "norm2", h, groups, { activation: "silu", modulation });
    let skip = resampled(graph, x, resample);
    if (skip.shape[3] !== outputs) skip = convLayer(graph, "skip", skip, outputs, { kernel: 1 });
    return convLayer(graph, "conv2", h, outputs, { gain: 0, residual: skip });
  });
}

function resampled(graph: Graph, x: Value, resample: Resample): Value {
  if (resample === "none") return x;
  return resample === "up" ? upsample(graph, { x }) : downsample(graph, { x });
}

function modulationOf(graph: Graph, embedding: Value, channels: number): Modulation {
  const both = linearLayer(graph, "film", embedding, 2 * channels);
  return {
    scale: sliceChannels(graph, { x: both }, { begin: 0, count: channels }),
    shift: sliceChannels(graph, { x: both }, { begin: channels, count: channels }),
  };
}

/** Keys and values [N S C] that an attention block sees before its own, and which of them are there, [N S] of 0 and 1. */
export interface AttentionContext {
  readonly keys: Value;
  readonly values: Value;
  readonly mask: Value;
}

/** One attention block over the pixels of x [N H W C] and a context. */
export function attentionBlock(
  graph: Graph,
  name: string,
  x: Value,
  { headWidth, groups, context }: { headWidth: number; groups: number; context: AttentionContext },
): Value {
  return graph.scope(name, () => {
    const [count, height, width, channels] = x.shape;
    const tokens = (value: Value) => graph.reshape(value, [count, height * width, channels]);
    const n = tokens(groupNormLayer(graph, "norm", x, groups));
    const k = linearLayer(graph, "key", n, channels);
    const v = linearLayer(graph, "value", n, channels);
    const y = attention(
      graph,
      {
        q: linearLayer(graph, "query", n, channels),
        k: concatTokens(graph, { a: context.keys, b: k }),
        v: concatTokens(graph, { a: context.values, b: v }),
        keyMask: context.mask,
      },
      { heads: channels / headWidth },
    );
    const out = linearLayer(graph, "out", y, channels, { gain: 0, residual: tokens(x) });
    return graph.reshape(out, x.shape);
  });
}
