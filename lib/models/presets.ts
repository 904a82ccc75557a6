/** The sizes of the nets that Counterpoint knows by name. */
import type { ClipConfig } from "./clip.js";
import type { PerceptConfig } from "./percept.js";
import type { SdTextConfig } from "./sd-text.js";
import type { SdUnetConfig } from "./sd-unet-config.js";
import type { SdVaeConfig } from "./sd-vae.js";
import type { UnetConfig } from "./unet-config.js";

/**
 * Composer's base model as far as it can be reconstructed: 2.15 B parameters, 64×64 pixels, ε with a learned variance.
 * For shapes and counts; there are no public weights.
 */
export const composerPaper: UnetConfig = {
  imageSize: 64,
  outputChannels: 6,
  block: 1,
  width: 512,
  multipliers: [1, 2, 3, 4],
  blocks: 3,
  ascent: "left",
  attentionLevels: [1, 2, 3],
  headWidth: 64,
  groups: 32,
  embedding: 768,
  palette: 180,
  context: { width: 768, words: 77, wordWidth: 768, tokens: 4 },
  locals: { planeSize: 384, block: 1, strides: [3, 2], width: 32, outputs: 8 },
};

/** The embedded default: 64×64 pixels, folded to 32×32 by its stem. */
export const composerMini: UnetConfig = {
  imageSize: 64,
  outputChannels: 3,
  block: 2,
  width: 64,
  multipliers: [1, 2, 3, 3],
  blocks: 1,
  ascent: "entered",
  attentionLevels: [1, 2],
  headWidth: 64,
  groups: 32,
  embedding: 128,
  palette: 180,
  context: { width: 128, words: 32, wordWidth: 160, tokens: 4 },
  locals: { planeSize: 64, block: 2, strides: [1, 1], width: 32, outputs: 8 },
};

/**
 * In the place of CLIP ViT-L/14 beside `composerMini`, for a vocabulary of so many words.
 */
export function clipMini(vocabulary: number): ClipConfig {
  const transformer = { width: 160, layers: 3, heads: 5 };
  return {
    embedding: 128,
    text: { ...transformer, vocabulary, words: 32 },
    image: { ...transformer, imageSize: 64, patch: 8 },
  };
}

/** Depth and objects of any picture, so that decomposing works offline. */
export const perceptMini: PerceptConfig = {
  imageSize: 64,
  block: 2,
  width: 32,
  multipliers: [1, 2, 2, 3],
  groups: 8,
};

/** The same task in another width, trained from another seed: it judges results and never conditions. */
export const judge: PerceptConfig = { ...perceptMini, width: 40, multipliers: [1, 2, 2, 2] };

/** Stable Diffusion 1.5's U-Net, of 859,520,964 parameters; 512×512 pixels are latents of 64×64. */
export const sd15Unet: SdUnetConfig = {
  latentChannels: 4,
  widths: [320, 640, 1280, 1280],
  blocks: 2,
  attentionLevels: [0, 1, 2],
  heads: [8, 8, 8, 8],
  contextWidth: 768,
  groups: 32,
  projection: "conv",
};

/** The autoencoder of Stable Diffusion 1.x and 2.x. */
export const sdVae: SdVaeConfig = {
  latentChannels: 4,
  imageChannels: 3,
  widths: [128, 256, 512, 512],
  blocks: 2,
  groups: 32,
  scale: 0.18215,
};

/** The text encoder of CLIP ViT-L/14, which Stable Diffusion 1.x reads texts with. */
export const clipVitL14Text: SdTextConfig = {
  width: 768,
  layers: 12,
  heads: 12,
  vocabulary: 49408,
  words: 77,
  activation: "quickGelu",
};
