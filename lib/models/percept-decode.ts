/**
 * The planes that `perceive` predicts for one picture, made into objects: deterministic, pixels row by row.
 *
 * The peaks of the heat map are the objects' centres; each object pixel goes to the centre nearest to where its offset
 * points; all pixels of an object vote on what it is. Source: Panoptic-DeepLab (arXiv 1911.10194), section 3.4.
 */
import { type PerceptName, perceptChannels } from "./percept.js";
import { type ObjectAttributes, offsetUnit } from "./percept-targets.js";

/** One picture's predictions: for each name, size × size × channels numbers. */
export type PerceptPlanes = Readonly<Record<PerceptName, Float32Array>>;

/** An object as found. Confidences are mean probabilities over its pixels, 0 … 1. */
export interface FoundObject extends ObjectAttributes {
  readonly confidence: ObjectAttributes;
  /** Height of its centre in the heat map: about 1 for a certain object. */
  readonly peak: number;
  /** The middle of its pixels, 0 … 1 from the left and from the top. */
  readonly centreX: number;
  readonly centreY: number;
  /** Mean normalised inverse depth of its pixels. */
  readonly depth: number;
  /** Share of the picture it covers. */
  readonly area: number;
}

export interface Percept {
  /** For each pixel 0 or the number, from 1, of its object. */
  readonly instances: Uint8Array;
  readonly objects: readonly FoundObject[];
  /** Normalised inverse depth, 0 … 1. */
  readonly depth: Float32Array;
}

const limits = {
  /** Lowest height of a peak that is a centre. */
  peak: 0.25,
  /** Pixels around a peak in which it is the highest; a share of the side. */
  reach: 3 / 64,
  objects: 16,
  /** Smallest share of the picture that is an object. */
  area: 6 / 4096,
};

/** The objects in one picture of size × size pixels. */
export function decodePercept(size: number, planes: PerceptPlanes): Percept {
  const depth = planes.depth.map((value) => Math.min(1, Math.max(0, value)));
  const peaks = peaksOf(size, planes.centre);
  const instances = new Uint8Array(size * size);
  const objects: FoundObject[] = [];
  for (const [index, pixels] of membersOf(size, planes, peaks).entries()) {
    if (pixels.length < Math.max(1, limits.area * size * size)) continue;
    objects.push({ ...objectOf(size, planes, depth, pixels), peak: planes.centre[peaks[index]] });
    for (const pixel of pixels) instances[pixel] = objects.length;
  }
  return { instances, objects, depth };
}

/** Pixels that are the highest around, highest first; of equals the first. */
function peaksOf(size: number, heat: Float32Array): number[] {
  const reach = Math.round(limits.reach * size);
  const isPeak = (pixel: number) => {
    const [column, row] = [pixel % size, Math.floor(pixel / size)];
    for (let y = Math.max(0, row - reach); y <= Math.min(size - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(size - 1, column + reach); x++) {
        const other = y * size + x;
        if (heat[other] > heat[pixel] || (heat[other] === heat[pixel] && other < pixel)) return false;
      }
    }
    return true;
  };
  const peaks: number[] = [];
  for (let pixel = 0; pixel < heat.length; pixel++) {
    if (heat[pixel] >= limits.peak && isPeak(pixel)) peaks.push(pixel);
  }
  return peaks.sort((a, b) => heat[b] - heat[a] || a - b).slice(0, limits.objects);
}

/** For each peak the object pixels that belong to it. */
function membersOf(size: number, { shape, offset }: PerceptPlanes, peaks: readonly number[]): number[][] {
  const members: number[][] = peaks.map(() => []);
  if (peaks.length === 0) return members;
  for (let pixel = 0; pixel < size * size; pixel++) {
    if (largest(shape, perceptChannels.shape * pixel, perceptChannels.shape) === 0) continue;
    const x = (pixel % size) + offset[2 * pixel] * offsetUnit * size;
    const y = Math.floor(pixel / size) + offset[2 * pixel + 1] * offsetUnit * size;
    const distances = peaks.map((peak) => (x - (peak % size)) ** 2 + (y - Math.floor(peak / size)) ** 2);
    members[largest(distances.map((distance) => -distance))].push(pixel);
  }
  return members;
}

function objectOf(
  size: number,
  planes: PerceptPlanes,
  depth: Float32Array,
  pixels: readonly number[],
): Omit<FoundObject, "peak"> {
  const mean = (of: (pixel: number) => number) => pixels.reduce((sum, pixel) => sum + of(pixel), 0) / pixels.length;
  // The first class of `shape` is the background and the last colour is none: an object is neither.
  const vote = (name: PerceptName, first: number, count: number) => {
    const probabilities = meanSoftmax(planes[name], perceptChannels[name], first, count, pixels);
    const index = largest(probabilities);
    return { index, probability: probabilities[index] };
  };
  const [shape, colour] = [vote("shape", 1, 3), vote("colour", 0, 8)];
  const [sizeVote, material] = [vote("size", 0, 2), vote("material", 0, 2)];
  return {
    shape: shape.index,
    colour: colour.index,
    size: sizeVote.index,
    material: material.index,
    confidence: {
      shape: shape.probability,
      colour: colour.probability,
      size: sizeVote.probability,
      material: material.probability,
    },
    centreX: (mean((pixel) => pixel % size) + 0.5) / size,
    centreY: (mean((pixel) => Math.floor(pixel / size)) + 0.5) / size,
    depth: mean((pixel) => depth[pixel]),
    area: pixels.length / (size * size),
  };
}

/** The mean over `pixels` of the softmax over classes first … first + count − 1 of `channels` logits a pixel. */
function meanSoftmax(
  logits: Float32Array,
  channels: number,
  first: number,
  count: number,
  pixels: readonly number[],
): number[] {
  const sums = new Array<number>(count).fill(0);
  for (const pixel of pixels) {
    const values = [...logits.subarray(channels * pixel + first, channels * pixel + first + count)];
    const highest = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - highest));
    const total = powers.reduce((a, b) => a + b);
    for (let k = 0; k < count; k++) sums[k] += powers[k] / total / pixels.length;
  }
  return sums;
}

/** The index, from `begin`, of the largest of `count` values; of equals the first. */
function largest(values: ArrayLike<number>, begin = 0, count = values.length): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[begin + k] > values[begin + best]) best = k;
  return best;
}
