/**
 * What every representation looks like to those who loop over all of them.
 *
 * A local condition becomes a plane of `channels` values a pixel, NHWC, that its encoder reads; a global one becomes a
 * vector. The distance between two values of one condition is a record of named metrics.
 */

import { CounterpointError, quoted } from "../graph/error.js";
import type { Image } from "./image.js";

/** The eight representations, in the order in which they are listed everywhere. */
export const conditionNames = [
  "caption",
  "semantics",
  "palette",
  "sketch",
  "instances",
  "depth",
  "intensity",
  "masking",
] as const;
export type ConditionName = (typeof conditionNames)[number];

/** For each metric, which way is better. */
export const metricDirections = {
  captionAccuracy: "higher",
  captionCosine: "higher",
  unseenCaptionAccuracy: "higher",
  semanticsCosine: "higher",
  paletteDistance: "lower",
  paletteIntersection: "higher",
  sketchF1: "higher",
  instancesMiou: "higher",
  depthRmse: "lower",
  intensityPsnr: "higher",
  maskError: "lower",
} as const;
export type MetricName = keyof typeof metricDirections;
export type Metrics = Partial<Record<MetricName, number>>;

/** The files that hold one value; a condition uses the same keys in every value. */
export type Files = { png?: Buffer; json?: Buffer };

/** One representation: its value type V and what can be done with a value without any network. */
export interface Condition<V> {
  readonly name: ConditionName;
  readonly kind: "local" | "global";
  /** Channels of the plane of a local condition; 0 for a global one. */
  readonly channels: number;
  /** Which files a saved value consists of. */
  readonly fileKinds: readonly (keyof Files)[];
  /** The value itself when it is one, else throws CP_ARG_TYPE, CP_ARG_SHAPE or CP_ARG_RANGE. */
  check(value: unknown): V;
  /** Local conditions: size × size × channels, NHWC; the ranges stand at each condition. */
  toPlane?(value: V, size: number): Float32Array;
  /** Global conditions that need no network: the vector that enters the model. */
  toVector?(value: V): Float32Array;
  /** Takes the value from a picture, where no network is needed; settings (codebook, mask) as in `like`. */
  extract?(image: Image, like?: V): V;
  write(value: V): Promise<Files>;
  /** The value from its files, which are hostile input. */
  read(files: Required<Files>): Promise<V>;
  /** How far `got` is from `wanted`, by the metrics of this condition. */
  distance(wanted: V, got: V): Metrics;
}

/** A value in words: "Float32Array of 12", "null", "the text \"#zz\"", "1.5". */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return `the text ${quoted(value)}`;
  }
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return `${value.constructor.name} of ${(value as unknown as ArrayLike<unknown>).length ?? value}`;
  }
  if (typeof value === "object" && value !== null) {
    return `an object (${quoted(value.constructor?.name ?? "no prototype", 40)})`;
  }
  return typeof value === "function" ? "a function" : String(value);
}

/** Throws the one sentence that every bad argument gets: what was expected, where, and what came. */
export function refuse(code: string, where: string, expected: string, got: unknown): never {
  const came = describe(got);
  throw new CounterpointError(code, `Expected ${expected} for ${where}, but got ${came}.`, {
    phase: "decode",
    details: { where, expected, got: came },
  });
}

/** The value as a plain record, or CP_ARG_TYPE. */
export function asRecord(value: unknown, where: string, expected: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    refuse("CP_ARG_TYPE", where, expected, value);
  }
  return value as Record<string, unknown>;
}

/** An integer in low…high, or CP_ARG_TYPE (not a number) or CP_ARG_RANGE. */
export function asInteger(value: unknown, where: string, low: number, high: number): number {
  if (typeof value !== "number") {
    refuse("CP_ARG_TYPE", where, `an integer from ${low} to ${high}`, value);
  }
  if (!Number.isInteger(value) || value < low || value > high) {
    refuse("CP_ARG_RANGE", where, `an integer from ${low} to ${high}`, value);
  }
  return value;
}

/** JSON text from a file as a record, or CP_CONFIG_INVALID. */
export function parseJson(bytes: Buffer, where: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CounterpointError("CP_CONFIG_INVALID", `${where} is not valid JSON: ${(cause as Error).message}`, {
      phase: "decode",
      details: { where },
      cause,
    });
  }
  return asRecord(parsed, where, "a JSON object");
}

/** A record as the bytes of a JSON file. */
export function toJson(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
