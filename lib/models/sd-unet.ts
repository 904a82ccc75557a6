/**
 * Stable Diffusion's U-Net: the prediction for noisy latents at a time, in view of a text.
 *
 *     e = linear_2( silu( linear_1( sinusoidal(t) ) ) )
 *     h = conv_in(latents), then residual blocks that add e and transformers that see the text, down, middle, up
 *     prediction = conv_out( silu( conv_norm_out(h) ) )
 *
 * The text reaches it through the keys and values of every cross-attention alone, which no step changes.
 * Activations are [B H W C]. Source: Rombach et al. 2022 (arXiv 2112.10752); diffusers' UNet2DConditionModel.
 */
import type { Graph, Value } from "../graph/graph.js";
import { silu } from "../ops/silu.js";
import { sinusoidal } from "../ops/sinusoidal.js";
import { convLayer, groupNormLayer, linearLayer } from "./layers.js";
import { resnetBlock, transformer2d } from "./sd-blocks.js";
import { type SdStage, type SdUnetConfig, sdLayoutOf } from "./sd-unet-config.js";
import { throughStages } from "./stages.js";
import type { Encoded } from "./unet-conditions.js";

/** Of all norms but the transformers' (norm_eps). */
const eps = 1e-5;

/** context [B T contextWidth] -> the keys and values [B T C] of every cross-attention, by the names of their layers. */
export function encodeContext(graph: Graph, config: SdUnetConfig, context: Value): Encoded {
  const { down, middle, up } = sdLayoutOf(config);
  const encoded: Record<string, Value> = {};
  for (const { attention, outputs } of [...down, ...middle, ...up]) {
    if (!attention) continue;
    for (const name of Object.values(contextNames(attention.name))) {
      encoded[name] = linearLayer(graph, name, context, outputs, { bias: false });
    }
  }
  return encoded;
}

function contextNames(attention: string): { keys: string; values: string } {
  const layer = `${attention}.transformer_blocks.0.attn2`;
  return { keys: `${layer}.to_k`, values: `${layer}.to_v` };
}

/** What one evaluation of the net reads. */
export interface DenoiseLatentsInputs {
  /** [B H W latentChannels]; H and W are multiples of 2^(levels − 1). */
  readonly latents: Value;
  /** The timestep [B], 0 … 1000; need not be whole. */
  readonly t: Value;
  /** From `encodeContext`. */
  readonly encoded: Encoded;
}

/** The net's prediction, of the shape of the latents. */
export function denoiseLatents(
  graph: Graph,
  config: SdUnetConfig,
  { latents, t, encoded }: DenoiseLatentsInputs,
): Value {
  const { groups, projection, widths, latentChannels } = config;
  const embedding = silu(graph, { x: timeEmbedding(graph, widths[0], t) });
  const run = (x: Value, { name, outputs, resample, attention }: SdStage) => {
    if (resample === "down") return convLayer(graph, name, x, outputs, { stride: 2 });
    if (resample === "up") return convLayer(graph, name, x, outputs, { upsample: 2 });
    const h = resnetBlock(graph, name, x, { outputs, groups, eps, embedding });
    if (!attention) return h;
    const { keys, values } = contextNames(attention.name);
    const context = { keys: encoded[keys], values: encoded[values] };
    return transformer2d(graph, attention.name, h, { heads: attention.heads, groups, projection, context });
  };
  let h = throughStages(graph, sdLayoutOf(config), convLayer(graph, "conv_in", latents, widths[0]), run);
  h = groupNormLayer(graph, "conv_norm_out", h, groups, { eps, activation: "silu" });
  return convLayer(graph, "conv_out", h, latentChannels);
}

/** [B 4·width]. */
function timeEmbedding(graph: Graph, width: number, t: Value): Value {
  return graph.scope("time_embedding", () => {
    const hidden = linearLayer(graph, "linear_1", sinusoidal(graph, { t }, { width }), 4 * width);
    return linearLayer(graph, "linear_2", silu(graph, { x: hidden }), 4 * width);
  });
}
