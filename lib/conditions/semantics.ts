/** Semantics: the embedding that an image encoder gives the whole picture, a vector of length 1. */

import { type Condition, parseJson, refuse, toJson } from "./condition.js";

const maxWidth = 4096;
const normTolerance = 1e-3;

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function check(value: unknown): Float32Array {
  if (!(value instanceof Float32Array)) {
    refuse("CP_ARG_TYPE", "the semantics", "a Float32Array", value);
  }
  if (value.length < 1 || value.length > maxWidth) {
    refuse("CP_ARG_SHAPE", "the semantics", `1 to ${maxWidth} numbers`, value);
  }
  const norm = Math.sqrt(dot(value, value));
  if (!(Math.abs(norm - 1) <= normTolerance)) {
    refuse("CP_ARG_RANGE", "the length of the semantics vector", "1 (a finite, normalised embedding)", norm);
  }
  return value;
}

function requireSameWidth(a: Float32Array, b: Float32Array): void {
  if (a.length !== b.length) {
    refuse("CP_ARG_SHAPE", "the other semantics", `${a.length} numbers`, b);
  }
}

/**
 * Spherical interpolation, t in 0…1: sin((1−t)ω)/sin ω · a + sin(tω)/sin ω · b with cos ω = a·b, made unit length.
 *
 * Opposite vectors have no shortest way between them: CP_ARG_RANGE. Shoemake, SIGGRAPH 1985.
 */
export function blendSemantics(a: Float32Array, b: Float32Array, t: number): Float32Array {
  requireSameWidth(check(a), check(b));
  if (!(t >= 0 && t <= 1)) {
    refuse("CP_ARG_RANGE", "the blend's t", "a number in 0…1", t);
  }
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b))));
  if (Math.PI - angle < 1e-3) {
    refuse("CP_ARG_RANGE", "the blended semantics", "vectors that are not opposite", "an angle of 180 degrees");
  }
  const isClose = angle < 1e-3;
  const weightA = isClose ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
  const weightB = isClose ? t : Math.sin(t * angle) / Math.sin(angle);
  const mixed = a.map((value, i) => weightA * value + weightB * b[i]);
  const norm = Math.sqrt(dot(mixed, mixed));
  return mixed.map((value) => value / norm);
}

/** Semantics as a condition. Distance: `semanticsCosine`, the cosine of the angle, 1 for equal directions. */
export const semantics: Condition<Float32Array> = {
  name: "semantics",
  kind: "global",
  channels: 0,
  fileKinds: ["json"],
  check,
  toVector: (value) => value,
  write: async (value) => ({ json: toJson({ embedding: [...value] }) }),
  async read({ json }) {
    const { embedding } = parseJson(json, "semantics.json");
    if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === "number")) {
      refuse("CP_CONFIG_INVALID", "embedding in semantics.json", "a list of numbers", embedding);
    }
    return check(Float32Array.from(embedding));
  },
  distance(wanted, got) {
    requireSameWidth(wanted, got);
    return { semanticsCosine: dot(wanted, got) / Math.sqrt(dot(wanted, wanted) * dot(got, got)) };
  },
};
