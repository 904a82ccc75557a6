/**
 * Sizes of a U-Net of Stable Diffusion 1.x or 2.x, diffusers' UNet2DConditionModel, and the list of blocks that they mean.
 *
 * Source: Rombach et al. 2022 (arXiv 2112.10752), section 3; what diffusers calls a size stands beside it.
 */
import type { Resample } from "./blocks.js";
import type { Projection } from "./sd-blocks.js";
import type { Layout } from "./unet-config.js";

export interface SdUnetConfig {
  /** in_channels, out_channels. */
  readonly latentChannels: number;
  /** Channels of each level (block_out_channels); a level is half the size of the one before. */
  readonly widths: readonly number[];
  /** Residual blocks a level on the way down (layers_per_block); one more on the way up. */
  readonly blocks: number;
  /** Levels with attention (CrossAttnDownBlock2D, CrossAttnUpBlock2D), 0 the largest; the middle always has it. */
  readonly attentionLevels: readonly number[];
  /** Heads of each level's attention (attention_head_dim, which counts heads whatever its name says). */
  readonly heads: readonly number[];
  /** Channels of a word of the context (cross_attention_dim). */
  readonly contextWidth: number;
  /** norm_num_groups. */
  readonly groups: number;
  /** "linear" where use_linear_projection. */
  readonly projection: Projection;
}

/** A residual block and, where it has one, the attention behind it; or, where it resamples, a convolution alone. */
export interface SdStage {
  readonly name: string;
  readonly outputs: number;
  readonly resample: Resample;
  readonly attention: { readonly name: string; readonly heads: number } | null;
}

/** The blocks of the U-Net. */
export function sdLayoutOf({ widths, blocks, attentionLevels, heads }: SdUnetConfig): Layout<SdStage> {
  const last = widths.length - 1;
  const residual = (block: string, index: number, level: number, attends: boolean): SdStage => ({
    name: `${block}.resnets.${index}`,
    outputs: widths[level],
    resample: "none",
    attention: attends ? { name: `${block}.attentions.${index}`, heads: heads[level] } : null,
  });
  const several = (count: number, block: string, level: number) =>
    Array.from({ length: count }, (_, index) => residual(block, index, level, attentionLevels.includes(level)));
  const resampling = (resample: "down" | "up", name: string, level: number): SdStage => ({
    name,
    outputs: widths[level],
    resample,
    attention: null,
  });
  return {
    down: widths.flatMap((_, level) => [
      ...several(blocks, `down_blocks.${level}`, level),
      ...(level === last ? [] : [resampling("down", `down_blocks.${level}.downsamplers.0.conv`, level)]),
    ]),
    middle: [residual("mid_block", 0, last, true), residual("mid_block", 1, last, false)],
    up: widths.flatMap((_, index) => {
      const level = last - index;
      return [
        ...several(blocks + 1, `up_blocks.${index}`, level).map((stage) => ({ ...stage, joins: true })),
        ...(level === 0 ? [] : [{ ...resampling("up", `up_blocks.${index}.upsamplers.0.conv`, level), joins: false }]),
      ];
    }),
  };
}
