/**
 * Sizes of a Composer U-Net, and the list of blocks that they mean.
 *
 * Source: Composer (arXiv 2302.09778, section 2.2 and appendix) with the blocks of ADM / GLIDE; what the paper leaves
 * open follows VideoComposer, written by the same team.
 */
import type { Resample } from "./blocks.js";

/** Conditions that enter as a plane of values a pixel, with their channels. */
export const localChannels = { sketch: 1, instances: 4, depth: 1, intensity: 1, masking: 4 } as const;
export type LocalName = keyof typeof localChannels;
export const localNames = Object.keys(localChannels) as readonly LocalName[];

/** Conditions that enter through the time embedding and the context tokens. */
export const globalNames = ["caption", "semantics", "palette"] as const;
export type GlobalName = (typeof globalNames)[number];

/** The sizes that give the list of blocks. */
export interface LayoutConfig {
  readonly width: number;
  /** Channels of each level in units of `width`; a level is half the size of the one before. */
  readonly multipliers: readonly number[];
  /** Residual blocks a level on the way down; one more on the way up. */
  readonly blocks: number;
  /**
   * Channels of the block that goes up a level: those of the level it leaves (ADM), or those of the level it enters,
   * which costs less than half as much, since that block works at the larger size.
   */
  readonly ascent: "left" | "entered";
  /** Levels with attention, 0 the largest; the middle always has it. */
  readonly attentionLevels: readonly number[];
}

export interface UnetConfig extends LayoutConfig {
  /** Pixels a side of the square image. */
  readonly imageSize: number;
  /** 3, or 6 where the net predicts a variance too. */
  readonly outputChannels: number;
  /** The stem folds block × block pixels into channels, the head unfolds them. */
  readonly block: number;
  readonly headWidth: number;
  readonly groups: number;
  /** Length of the sentence and of the image embedding. */
  readonly embedding: number;
  /** Bins of the palette. */
  readonly palette: number;
  readonly context: ContextConfig;
  readonly locals: LocalEncoderConfig;
}

export interface ContextConfig {
  readonly width: number;
  /** Words of a caption and the width they arrive with. */
  readonly words: number;
  readonly wordWidth: number;
  /** Tokens made from the image embedding, and as many from the palette. */
  readonly tokens: number;
}

/** One encoder for each local condition: conv 3×3 to `width`, SiLU, conv 3×3, SiLU, conv 3×3 to `outputs`. */
export interface LocalEncoderConfig {
  /** Pixels a side of the planes; they come down to imageSize / block. */
  readonly planeSize: number;
  /** Folds block × block plane pixels into channels first. */
  readonly block: number;
  /** Strides of the second and third convolution. */
  readonly strides: readonly [number, number];
  readonly width: number;
  readonly outputs: number;
}

/** Caption words, then the tokens of the image embedding, then those of the palette. */
export function contextLength({ context }: UnetConfig): number {
  return context.words + 2 * context.tokens;
}

/** A residual block and, where it has one, the attention block behind it. */
export interface Stage {
  readonly name: string;
  readonly outputs: number;
  readonly resample: Resample;
  readonly attention: boolean;
}

/** The blocks in the order in which they run. `down` outputs are kept; `up` stages marked so take the latest kept one. */
export interface Layout<S = Stage> {
  readonly down: readonly S[];
  readonly middle: readonly S[];
  readonly up: readonly (S & { readonly joins: boolean })[];
}

/** The blocks of a U-Net. The outputs of the stem and of every down stage are kept and joined on the way up (ADM). */
export function layoutOf({ width, multipliers, blocks, ascent, attentionLevels }: LayoutConfig): Layout {
  const levels = multipliers.map((multiplier, level) => ({
    level,
    outputs: width * multiplier,
    attention: attentionLevels.includes(level),
  }));
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);
  const last = levels[levels.length - 1];
  const resampling = (way: "down" | "up", level: number, outputs: number) =>
    ({ name: `${way}.${level}.resample`, outputs, resample: way, attention: false }) as const;
  return {
    down: levels.flatMap(({ level, outputs, attention }) => [
      ...numbered(blocks).map((i) => ({ name: `down.${level}.${i}`, outputs, resample: "none", attention }) as const),
      ...(level === last.level ? [] : [resampling("down", level, outputs)]),
    ]),
    middle: [
      { name: "middle.0", outputs: last.outputs, resample: "none", attention: true },
      { name: "middle.1", outputs: last.outputs, resample: "none", attention: false },
    ],
    up: levels
      .toReversed()
      .flatMap(({ level, outputs, attention }) => [
        ...numbered(blocks + 1).map(
          (i) => ({ name: `up.${level}.${i}`, outputs, resample: "none", attention, joins: true }) as const,
        ),
        ...(level === 0
          ? []
          : [{ ...resampling("up", level, levels[ascent === "left" ? level : level - 1].outputs), joins: false }]),
      ]),
  };
}

/** The stages with an attention block. */
export function attentionStages(config: UnetConfig): readonly Stage[] {
  const { down, middle, up } = layoutOf(config);
  return [...down, ...middle, ...up].filter((stage) => stage.attention);
}
