/** The configs that weights files carry, as schemas: they come from outside and decide how much is computed. */
import Type, { type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import { CounterpointError, quoted } from "../graph/error.js";
import type { Weights } from "../weights/safetensors.js";

const size = (maximum: number, minimum = 1) => Type.Integer({ minimum, maximum });
const sizes = (length: number, maximum: number, minimum = 1) =>
  Type.Array(size(maximum, minimum), { minItems: 1, maxItems: length });
const record = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

const maxWidth = 4096;
const transformer = { width: size(maxWidth), layers: size(64), heads: size(64) };

/** A UnetConfig; only nets without a predicted variance can be sampled. */
export const unetSchema = record({
  imageSize: size(512),
  outputChannels: Type.Literal(3),
  block: size(8),
  width: size(maxWidth),
  multipliers: sizes(8, 16),
  blocks: size(8),
  ascent: Type.Union([Type.Literal("left"), Type.Literal("entered")]),
  attentionLevels: Type.Array(size(7, 0), { maxItems: 8 }),
  headWidth: size(512),
  groups: size(512),
  embedding: size(maxWidth),
  palette: size(1024),
  context: record({ width: size(maxWidth), words: size(1024), wordWidth: size(maxWidth), tokens: size(64) }),
  locals: record({
    planeSize: size(1024),
    block: size(8),
    strides: Type.Tuple([size(8), size(8)]),
    width: size(maxWidth),
    outputs: size(256),
  }),
});

/** A ClipConfig. */
export const clipSchema = record({
  embedding: size(maxWidth),
  text: record({ ...transformer, vocabulary: size(2 ** 20), words: size(1024) }),
  image: record({ ...transformer, imageSize: size(512), patch: size(64) }),
});

/** A PerceptConfig. */
export const perceptSchema = record({
  imageSize: size(512),
  block: size(8),
  width: size(maxWidth),
  multipliers: sizes(8, 16),
  groups: size(512),
});

/** The config in the metadata of `file`. Throws CP_CONFIG_INVALID, naming the field and what it must be. */
export function parseConfig<T extends TSchema>(schema: T, { metadata }: Weights, file: string): Static<T> {
  const text = metadata.get("config");
  if (text === undefined) throw invalid(file, "has no config in its metadata");
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, `has a config that is not JSON: ${(cause as Error).message}`);
  }
  if (Value.Check(schema, config)) return config;
  const [first] = Value.Errors(schema, config);
  throw invalid(file, `has a wrong config: ${quoted(first.instancePath || "the whole")} ${first.message}`);
}

function invalid(file: string, what: string): CounterpointError {
  return new CounterpointError("CP_CONFIG_INVALID", `The weights file ${quoted(file, 200)} ${what}.`, {
    phase: "load",
    details: { file },
  });
}
