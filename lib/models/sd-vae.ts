/**
 * The decoder of Stable Diffusion's autoencoder: latents to an image of 2^(levels − 1) times their size.
 *
 *     h = conv_in( post_quant_conv(latents / scale) ), residual blocks with one attention over all pixels between them
 *     h = residual blocks of each level, from the last to the first, with nearest ×2 and a convolution between levels
 *     image = conv_out( silu( conv_norm_out(h) ) )
 *
 * Activations are [N H W C]. Source: Esser et al. 2021 (arXiv 2012.09841), table 7; Rombach et al. 2022 (arXiv 2112.10752),
 * section 3.1 and appendix D.1 on the scale; diffusers' AutoencoderKL.
 */
import type { Graph, Value } from "../graph/graph.js";
import { scaleBy } from "../ops/scale-by.js";
import { convLayer, groupNormLayer } from "./layers.js";
import { attentionLayer, resnetBlock, tokensOf } from "./sd-blocks.js";

/** What diffusers calls a size stands beside it. */
export interface SdVaeConfig {
  /** latent_channels. */
  readonly latentChannels: number;
  /** out_channels. */
  readonly imageChannels: number;
  /** Channels of each level, that of the image first (block_out_channels). */
  readonly widths: readonly number[];
  /** Residual blocks a level of the encoder (layers_per_block); the decoder has one more. */
  readonly blocks: number;
  /** norm_num_groups. */
  readonly groups: number;
  /** The U-Net's latents are the autoencoder's times this (scaling_factor). */
  readonly scale: number;
}

/** Of all norms. */
const eps = 1e-6;

/** The U-Net's latents [N H W latentChannels] -> image [N H·2^(levels − 1) W·2^(levels − 1) imageChannels] in −1 … 1. */
export function decodeLatents(graph: Graph, config: SdVaeConfig, latents: Value): Value {
  const { latentChannels, imageChannels, widths, blocks, groups, scale } = config;
  const z = scaleBy(graph, { x: latents }, { factor: 1 / scale });
  const resnet = (name: string, x: Value, outputs: number) => resnetBlock(graph, name, x, { outputs, groups, eps });
  const stem = convLayer(graph, "post_quant_conv", z, latentChannels, { kernel: 1 });
  return graph.scope("decoder", () => {
    const width = widths[widths.length - 1];
    let h = resnet("mid_block.resnets.0", convLayer(graph, "conv_in", stem, width), width);
    h = resnet("mid_block.resnets.1", attentionOverPixels(graph, h, groups), width);
    for (const [index, outputs] of widths.toReversed().entries()) {
      const block = `up_blocks.${index}`;
      for (let i = 0; i <= blocks; i++) h = resnet(`${block}.resnets.${i}`, h, outputs);
      if (index < widths.length - 1) h = convLayer(graph, `${block}.upsamplers.0.conv`, h, outputs, { upsample: 2 });
    }
    h = groupNormLayer(graph, "conv_norm_out", h, groups, { eps, activation: "silu" });
    return convLayer(graph, "conv_out", h, imageChannels);
  });
}

function attentionOverPixels(graph: Graph, x: Value, groups: number): Value {
  const name = "mid_block.attentions.0";
  const n = graph.scope(name, () => groupNormLayer(graph, "group_norm", x, groups, { eps }));
  const residual = tokensOf(graph, x);
  const y = attentionLayer(graph, name, tokensOf(graph, n), { heads: 1, bias: true, residual });
  return graph.reshape(y, x.shape);
}
