/**
 * Sketch: a line drawing, bright strokes one pixel wide on dark, 0…1, one channel.
 *
 *  1. Gaussian derivatives (σ = 0.8 pixel) of the three sRGB channels;
 *  2. their structure tensor J = Σ ∇c ∇cᵀ, whose larger eigenvalue λ is the squared contrast across the edge and whose
 *     eigenvector its direction, so that edges between colours of equal lightness count too (Di Zenzo 1986);
 *  3. only ridges of m = √(λ/3) across that direction remain (Canny 1986, non-maximum suppression);
 *  4. strokes are 8-connected ridges above `low` that reach `high` somewhere and are long enough;
 *  5. a stroke's strength rises with its contrast from `faintest` to 1.
 *
 * m is the slope in sRGB units a pixel: a step from black to white, blurred by σ, has m = 1/(σ√(2π)) ≈ 0.5.
 */

import type { Condition } from "./condition.js";
import type { Image } from "./image.js";
import { checkPlane, decodePlane, encodePlane, type Plane, requireSameSize, resizePlane } from "./plane.js";

const sigma = 0.8;
const radius = 3;
const low = 0.02;
const high = 0.05;
const full = 0.15;
const faintest = 0.3;
const shortest = 5;
/** A pixel of any sketch, drawn by hand or resized, counts as stroke from here on. */
const strokeThreshold = 0.25;

const taps = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
const tapSum = taps.reduce((sum, tap) => sum + tap, 0);
const gaussian = Float32Array.from(taps, (tap) => tap / tapSum);
/** Scaled so that a ramp of slope 1 has derivative exactly 1. */
const derivative = slopeTaps();

function slopeTaps(): Float32Array {
  const raw = taps.map((tap, i) => (i - radius) * tap);
  const response = raw.reduce((sum, tap, i) => sum + tap * (i - radius), 0);
  return Float32Array.from(raw, (tap) => tap / response);
}

/** The picture continues beyond its border with the border's colour. */
function borderIndex(length: number): Int32Array {
  return Int32Array.from({ length: length + 2 * radius }, (_, i) => Math.min(length - 1, Math.max(0, i - radius)));
}

/** The structure tensor of a picture at every pixel, summed over its channels. */
class Tensor {
  readonly xx: Float32Array;
  readonly xy: Float32Array;
  readonly yy: Float32Array;

  constructor(image: Image) {
    const { width, height, data } = image;
    this.xx = new Float32Array(width * height);
    this.xy = new Float32Array(width * height);
    this.yy = new Float32Array(width * height);
    const columns = borderIndex(width);
    const rows = borderIndex(height).map((row) => row * width);
    const smooth = new Float32Array(width * height);
    const slope = new Float32Array(width * height);
    const line = new Float32Array(width + 2 * radius);
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < line.length; x++) line[x] = data[(y * width + columns[x]) * 3 + channel] / 255;
        this.#alongRow(line, smooth, slope, y * width, width);
      }
      this.#downColumns(smooth, slope, rows, width, height);
    }
  }

  #alongRow(line: Float32Array, smooth: Float32Array, slope: Float32Array, start: number, width: number): void {
    for (let x = 0; x < width; x++) {
      let mean = 0;
      let change = 0;
      for (let t = 0; t <= 2 * radius; t++) {
        mean += gaussian[t] * line[x + t];
        change += derivative[t] * line[x + t];
      }
      smooth[start + x] = mean;
      slope[start + x] = change;
    }
  }

  #downColumns(smooth: Float32Array, slope: Float32Array, rows: Int32Array, width: number, height: number): void {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let dx = 0;
        let dy = 0;
        for (let t = 0; t <= 2 * radius; t++) {
          dx += gaussian[t] * slope[rows[y + t] + x];
          dy += derivative[t] * smooth[rows[y + t] + x];
        }
        const i = y * width + x;
        this.xx[i] += dx * dx;
        this.xy[i] += dx * dy;
        this.yy[i] += dy * dy;
      }
    }
  }
}

/** m at every pixel, and the unit vector across the edge. */
function contrast({ xx, xy, yy }: Tensor): { strength: Float32Array; acrossX: Float32Array; acrossY: Float32Array } {
  const strength = new Float32Array(xx.length);
  const acrossX = new Float32Array(xx.length);
  const acrossY = new Float32Array(xx.length);
  for (let i = 0; i < xx.length; i++) {
    const half = (xx[i] - yy[i]) / 2;
    const root = Math.sqrt(half * half + xy[i] * xy[i]);
    strength[i] = Math.sqrt(((xx[i] + yy[i]) / 2 + root) / 3);
    // Of the two ways to write the eigenvector, the one without cancellation.
    const ex = half >= 0 ? half + root : xy[i];
    const ey = half >= 0 ? xy[i] : root - half;
    const length = Math.sqrt(ex * ex + ey * ey);
    acrossX[i] = length > 0 ? ex / length : 1;
    acrossY[i] = length > 0 ? ey / length : 0;
  }
  return { strength, acrossX, acrossY };
}

/** m where it is the largest of its cross-section, 0 elsewhere. */
function ridges(tensor: Tensor, width: number, height: number): Float32Array {
  const { strength, acrossX, acrossY } = contrast(tensor);
  const at = (x: number, y: number): number => {
    const left = Math.min(width - 1, Math.max(0, Math.floor(x)));
    const top = Math.min(height - 1, Math.max(0, Math.floor(y)));
    const right = Math.min(width - 1, left + 1);
    const bottom = Math.min(height - 1, top + 1);
    const fx = Math.min(1, Math.max(0, x - left));
    const fy = Math.min(1, Math.max(0, y - top));
    const upper = strength[top * width + left] * (1 - fx) + strength[top * width + right] * fx;
    const lower = strength[bottom * width + left] * (1 - fx) + strength[bottom * width + right] * fx;
    return upper * (1 - fy) + lower * fy;
  };
  const kept = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const m = strength[i];
      // One side strictly, so that of two equal neighbours (an edge between two pixels) exactly one stays.
      const isRidge = m > low && m > at(x + acrossX[i], y + acrossY[i]) && m >= at(x - acrossX[i], y - acrossY[i]);
      kept[i] = isRidge ? m : 0;
    }
  }
  return kept;
}

/** Ridges that form a stroke, as strengths in 0…1. */
function strokes(ridge: Float32Array, width: number, height: number): Float32Array {
  const drawn = new Float32Array(ridge.length);
  const seen = new Uint8Array(ridge.length);
  for (let start = 0; start < ridge.length; start++) {
    if (ridge[start] < high || seen[start] === 1) {
      continue;
    }
    const stroke = [start];
    seen[start] = 1;
    for (let next = 0; next < stroke.length; next++) {
      const x0 = stroke[next] % width;
      const y0 = (stroke[next] - x0) / width;
      for (let y = Math.max(0, y0 - 1); y <= Math.min(height - 1, y0 + 1); y++) {
        for (let x = Math.max(0, x0 - 1); x <= Math.min(width - 1, x0 + 1); x++) {
          const i = y * width + x;
          if (ridge[i] > 0 && seen[i] === 0) {
            seen[i] = 1;
            stroke.push(i);
          }
        }
      }
    }
    if (stroke.length >= shortest) {
      for (const i of stroke) {
        drawn[i] = faintest + (1 - faintest) * Math.min(1, Math.max(0, (ridge[i] - low) / (full - low)));
      }
    }
  }
  return drawn;
}

/** The line drawing of a picture, at its size. A pure function of the pixels. */
export function sketchOf(image: Image): Plane {
  const { width, height } = image;
  return { width, height, data: strokes(ridges(new Tensor(image), width, height), width, height) };
}

/** How many stroke pixels of `a` there are, and how many of them have one of `b` among the 3 × 3 pixels around them. */
function matched(a: Plane, b: Plane): { count: number; met: number } {
  let count = 0;
  let met = 0;
  for (let y = 0; y < a.height; y++) {
    for (let x = 0; x < a.width; x++) {
      if (a.data[y * a.width + x] < strokeThreshold) {
        continue;
      }
      count++;
      let isMet = false;
      for (let v = Math.max(0, y - 1); v <= Math.min(b.height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(b.width - 1, x + 1); u++) {
          isMet ||= b.data[v * b.width + u] >= strokeThreshold;
        }
      }
      met += isMet ? 1 : 0;
    }
  }
  return { count, met };
}

/** F1 of stroke pixels at a tolerance of one pixel: 2pr/(p + r). Two empty sketches agree (1), one empty does not (0). */
function edgeF1(wanted: Plane, got: Plane): number {
  requireSameSize(wanted, got, "the other sketch");
  const recall = matched(wanted, got);
  const precision = matched(got, wanted);
  if (recall.count === 0 || precision.count === 0) {
    return recall.count === precision.count ? 1 : 0;
  }
  const r = recall.met / recall.count;
  const p = precision.met / precision.count;
  return p + r === 0 ? 0 : (2 * p * r) / (p + r);
}

/** Sketch as a condition; plane values 0…1. Distance: `sketchF1`, 0…1. */
export const sketch: Condition<Plane> = {
  name: "sketch",
  kind: "local",
  channels: 1,
  fileKinds: ["png"],
  check: (value) => checkPlane(value, "sketch"),
  toPlane: (value, size) => resizePlane(value, size, "the sketch"),
  extract: (image) => sketchOf(image),
  write: async (value) => ({ png: await encodePlane(value) }),
  read: ({ png }) => decodePlane(png, "sketch.png"),
  distance: (wanted, got) => ({ sketchF1: edgeF1(wanted, got) }),
};
