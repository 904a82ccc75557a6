/**
 * Intensity: a grey version of the picture, Σ wᵢ·rgbᵢ of the sRGB values, 0…1, one channel.
 *
 * Composer (arXiv 2302.09778, section 2.1) draws the weights from a fixed set that it does not print; these are the
 * usual ones: BT.601 and BT.709 luma, the mean, and the single channels.
 */

import type { Condition } from "./condition.js";
import { refuse } from "./condition.js";
import type { Image } from "./image.js";
import { checkPlane, decodePlane, encodePlane, type Plane, resizePlane, rootMeanSquare } from "./plane.js";

/** Weights of R, G and B; each set sums to 1. */
export const intensityWeights = {
  bt601: [0.299, 0.587, 0.114],
  bt709: [0.2126, 0.7152, 0.0722],
  mean: [1 / 3, 1 / 3, 1 / 3],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
} as const;
export type IntensityWeights = keyof typeof intensityWeights;

// A mean squared error of 1e-10 is far below one step of 8 bits; it keeps the PSNR of equal planes finite, at 100 dB.
const leastError = 1e-10;

/** The intensity of a picture, at its size. */
export function intensityOf(image: Image, weights: IntensityWeights = "bt601"): Plane {
  if (!Object.hasOwn(intensityWeights, weights)) {
    refuse("CP_ARG_RANGE", "the intensity weights", Object.keys(intensityWeights).join(", "), weights);
  }
  const [r, g, b] = intensityWeights[weights];
  const { width, height, data: rgb } = image;
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    // The weights sum to 1 only up to rounding, and white must stay within 0…1.
    data[i] = Math.min(1, (r * rgb[i * 3] + g * rgb[i * 3 + 1] + b * rgb[i * 3 + 2]) / 255);
  }
  return { width, height, data };
}

/** Intensity as a condition; plane values 0…1. Distance: `intensityPsnr` in dB, peak 1, at most 100. */
export const intensity: Condition<Plane> = {
  name: "intensity",
  kind: "local",
  channels: 1,
  fileKinds: ["png"],
  check: (value) => checkPlane(value, "intensity"),
  toPlane: (value, size) => resizePlane(value, size, "the intensity"),
  extract: (image) => intensityOf(image),
  write: async (value) => ({ png: await encodePlane(value) }),
  read: ({ png }) => decodePlane(png, "intensity.png"),
  distance: (wanted, got) => {
    const error = rootMeanSquare(wanted, got, "the other intensity") ** 2;
    return { intensityPsnr: -10 * Math.log10(Math.max(error, leastError)) };
  },
};
