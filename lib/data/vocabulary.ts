/**
 * The closed vocabulary of captions and the tokenizer of the embedded model: one word, one id. Text is lower-cased and
 * cut at everything but letters and digits; a few everyday synonyms count as the word they mean; any other word becomes
 * `unknownId`, which keeps its place. Ids are part of trained weights: append words, never reorder.
 */
import { colours, grounds, materials, shapes, sizes, skies } from "./attributes.js";

/** Length of every token list. */
export const tokenLength = 32;
export const paddingId = 0;
export const startId = 1;
export const endId = 2;
export const unknownId = 3;

const words = [
  "a",
  "two",
  "three",
  "four",
  "and",
  "left",
  "right",
  "of",
  "in",
  "front",
  "behind",
  "on",
  "under",
  "floor",
  "sky",
  ...sizes,
  ...colours,
  ...materials,
  ...shapes,
  ...shapes.map((shape) => `${shape}s`),
  ...grounds,
  ...skies,
];

/** The words by id; the first four stand for padding, start, end and unknown and match no text. */
export const vocabulary: readonly string[] = ["<padding>", "<start>", "<end>", "<unknown>", ...new Set(words)];

const synonyms: Readonly<Record<string, string>> = {
  an: "a",
  the: "a",
  one: "a",
  1: "a",
  2: "two",
  3: "three",
  4: "four",
  grey: "gray",
  violet: "purple",
  turquoise: "cyan",
  big: "large",
  little: "small",
  tiny: "small",
  metallic: "metal",
  shiny: "metal",
  matte: "rubber",
  ball: "sphere",
  balls: "spheres",
  box: "cube",
  boxes: "cubes",
  ground: "floor",
  sand: "sandy",
  wood: "wooden",
  grass: "grassy",
  checkerboard: "checkered",
};

const idOfWord: ReadonlyMap<string, number> = new Map([
  ...vocabulary.map((word, id): [string, number] => [word, id]),
  ...Object.entries(synonyms).map(([word, meant]): [string, number] => [word, vocabulary.indexOf(meant)]),
]);

/** The words a caption is cut into: lower case, letters and digits only. */
export function wordsOfCaption(caption: string): string[] {
  // Nothing beyond the 30 words that fit is looked at, so a caption of any length costs the same.
  return (
    caption
      .slice(0, 4096)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/**
 * `tokenLength` ids: start, up to 30 words, end, padding. Later words are dropped. An empty caption gives start and end
 * alone.
 */
export function tokenize(caption: string): Int32Array {
  const ids = new Int32Array(tokenLength).fill(paddingId);
  const kept = wordsOfCaption(caption).slice(0, tokenLength - 2);
  ids.set([startId, ...kept.map((word) => idOfWord.get(word) ?? unknownId), endId]);
  return ids;
}

/** The words of a token list, without start, end and padding; ids outside the vocabulary read as unknown. */
export function untokenize(ids: ArrayLike<number>): string {
  return Array.from(ids)
    .filter((id) => id !== paddingId && id !== startId && id !== endId)
    .map((id) => vocabulary[id] ?? vocabulary[unknownId])
    .join(" ");
}
