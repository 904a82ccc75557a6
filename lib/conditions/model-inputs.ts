/**
 * The conditions of a batch as the inputs that models/unet-inputs.ts declares.
 *
 * A row is one forward pass of one image: with R branches of P images there are B = R·P rows, branch-major, so that row
 * b belongs to image b mod P. Local planes exist once an image, global vectors and masks once a row. An absent
 * condition is zeros with mask 0, and contributes exactly nothing.
 */
import {
  contextLength,
  type GlobalName,
  globalNames,
  type LocalName,
  localChannels,
  localNames,
  type UnetConfig,
} from "../models/unet-config.js";
import type { ConditionName } from "./condition.js";

/** One image's conditions in the form in which they enter the net. */
export interface EncodedConditions {
  readonly caption?: {
    /** words × wordWidth, row-major, of which the first `count` stand for words. */
    readonly words: Float32Array;
    readonly count: number;
    readonly sentence: Float32Array;
  };
  readonly semantics?: Float32Array;
  readonly palette?: Float32Array;
  /** planeSize × planeSize × channels each. */
  readonly locals: Partial<Readonly<Record<LocalName, Float32Array>>>;
}

/** The conditions of `rows` rows; `images.length` divides `rows`. */
export function conditionArrays(
  config: UnetConfig,
  images: readonly EncodedConditions[],
  rows: number,
): Record<string, Float32Array> {
  const { words, wordWidth } = config.context;
  const planeLength = config.locals.planeSize ** 2;
  const byRow = (length: number, pick: (conditions: EncodedConditions) => Float32Array | undefined) =>
    stacked(
      length,
      Array.from({ length: rows }, (_, row) => pick(images[row % images.length])),
    );
  const inputs: Record<string, Float32Array> = {
    words: byRow(words * wordWidth, ({ caption }) => caption?.words),
    sentence: byRow(config.embedding, ({ caption }) => caption?.sentence),
    semantics: byRow(config.embedding, ({ semantics }) => semantics),
    palette: byRow(config.palette, ({ palette }) => palette),
  };
  for (const name of localNames) {
    const planes = images.map(({ locals }) => locals[name]);
    inputs[name] = stacked(planeLength * localChannels[name], planes);
  }
  return inputs;
}

/** The masks: row r sees those of its image's conditions that `present[r]` names. */
export function maskArrays(
  config: UnetConfig,
  images: readonly EncodedConditions[],
  present: readonly ((name: ConditionName) => boolean)[],
): Record<string, Float32Array> {
  const { words, tokens } = config.context;
  const context = new Float32Array(present.length * contextLength(config));
  const sees = (row: number, name: LocalName | GlobalName) => {
    const image = images[row % images.length];
    const value = name in localChannels ? image.locals[name as LocalName] : image[name as GlobalName];
    return value !== undefined && present[row](name);
  };
  for (const row of present.keys()) {
    const start = row * contextLength(config);
    const count = sees(row, "caption") ? (images[row % images.length].caption?.count ?? 0) : 0;
    context.fill(1, start, start + count);
    if (sees(row, "semantics")) context.fill(1, start + words, start + words + tokens);
    if (sees(row, "palette")) context.fill(1, start + words + tokens, start + words + 2 * tokens);
  }
  const masks = [...localNames, ...globalNames].map((name) => [
    `mask.${name}`,
    Float32Array.from(present.keys(), (row) => (sees(row, name) ? 1 : 0)),
  ]);
  return { ...Object.fromEntries(masks), "mask.context": context };
}

/** Rows of `length` numbers one after another; zeros where a row is absent. */
function stacked(length: number, rows: readonly (Float32Array | undefined)[]): Float32Array {
  const out = new Float32Array(rows.length * length);
  for (const [index, row] of rows.entries()) if (row) out.set(row, index * length);
  return out;
}
