/**
 * One number a pixel: what depth, sketch and intensity are made of. Row by row from the top left, values in 0…1.
 */

import sharp from "sharp";
import { asInteger, asRecord, refuse } from "./condition.js";
import { maxSide } from "./image.js";
import { decodeError, openBytes } from "./read-image.js";

/** height × width values in 0…1. */
export interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

/** The value as a plane, or CP_ARG_TYPE, CP_ARG_SHAPE, CP_ARG_RANGE; `where` names it in the message. */
export function checkPlane(value: unknown, where: string): Plane {
  const record = asRecord(value, `the ${where}`, "{ width, height, data: Float32Array }");
  const width = asInteger(record.width, `the ${where}'s width`, 1, maxSide);
  const height = asInteger(record.height, `the ${where}'s height`, 1, maxSide);
  const { data } = record;
  if (!(data instanceof Float32Array)) {
    refuse("CP_ARG_TYPE", `the ${where}'s data`, "a Float32Array", data);
  }
  if (data.length !== width * height) {
    refuse("CP_ARG_SHAPE", `the ${where}'s data`, `${width} × ${height} = ${width * height} values`, data);
  }
  const wrong = data.findIndex((v) => !(v >= 0 && v <= 1));
  if (wrong >= 0) {
    refuse("CP_ARG_RANGE", `value ${wrong} of the ${where}`, "a number in 0…1", data[wrong]);
  }
  return value as Plane;
}

/** Throws CP_ARG_SHAPE unless both have the same width and height. */
export function requireSameSize(
  a: { width: number; height: number },
  b: { width: number; height: number },
  where: string,
): void {
  if (a.width !== b.width || a.height !== b.height) {
    refuse("CP_ARG_SHAPE", where, `${a.width} × ${a.height} pixels`, `${b.width} × ${b.height}`);
  }
}

/** Throws CP_ARG_SHAPE unless width and height are equal: the model's planes are square. */
export function requireSquare({ width, height }: { width: number; height: number }, where: string): void {
  if (width !== height) {
    refuse("CP_ARG_SHAPE", where, "a square plane (readImage crops to one)", `${width} × ${height}`);
  }
}

/** For output pixel `i` of `to`, the source pixels of `from` that it covers and how much of each. */
function coverage(i: number, from: number, to: number): { first: number; weights: number[] } {
  const start = (i * from) / to;
  const end = ((i + 1) * from) / to;
  const first = Math.floor(start);
  const last = Math.min(from - 1, Math.ceil(end) - 1);
  const weights: number[] = [];
  for (let s = first; s <= last; s++) {
    weights.push((Math.min(end, s + 1) - Math.max(start, s)) / (end - start));
  }
  return { first, weights };
}

/** A square plane at size × size: each new pixel is the mean of the area it covers. The same data at the same size. */
export function resizePlane(plane: Plane, size: number, where: string): Float32Array {
  requireSquare(plane, where);
  const { width: side, data } = plane;
  if (side === size) {
    return data;
  }
  const covers = Array.from({ length: size }, (_, i) => coverage(i, side, size));
  const resized = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      covers[y].weights.forEach((wy, dy) => {
        const row = (covers[y].first + dy) * side + covers[x].first;
        covers[x].weights.forEach((wx, dx) => {
          sum += wy * wx * data[row + dx];
        });
      });
      resized[y * size + x] = sum;
    }
  }
  return resized;
}

/** The source pixel that stands for pixel `i` of `to` when `from` pixels are resampled by nearest neighbour. */
export function nearest(i: number, from: number, to: number): number {
  return Math.floor(((i + 0.5) * from) / to);
}

/** The plane as a 16-bit grey PNG: 0 is black, 1 is white. */
export async function encodePlane({ width, height, data }: Plane): Promise<Buffer> {
  const grey = Uint16Array.from(data, (value) => Math.round(value * 65535));
  return sharp(grey, { raw: { width, height, channels: 1 } })
    .toColourspace("grey16")
    .png()
    .toBuffer();
}

/** A plane from an 8- or 16-bit image; of a coloured one the first channel is read. */
export async function decodePlane(png: Buffer, where: string): Promise<Plane> {
  const opened = await openBytes(png, where);
  const { depth, width, height } = await opened.metadata();
  asInteger(width, `the width of ${where}`, 1, maxSide);
  asInteger(height, `the height of ${where}`, 1, maxSide);
  try {
    const isShort = depth === "ushort";
    const raw = await opened
      .extractChannel(0)
      .toColourspace(isShort ? "grey16" : "b-w")
      .raw({ depth })
      .toBuffer();
    // A copy: the pool of small Buffers aligns to 8 bytes only by habit.
    const values = isShort ? new Uint16Array(new Uint8Array(raw).buffer) : raw;
    const scale = isShort ? 65535 : 255;
    return { width, height, data: Float32Array.from(values, (value) => value / scale) };
  } catch (cause) {
    throw decodeError(where, cause);
  }
}

/** Root of the mean squared difference. */
export function rootMeanSquare(a: Plane, b: Plane, where: string): number {
  requireSameSize(a, b, where);
  const sum = a.data.reduce((total, value, i) => total + (value - b.data[i]) ** 2, 0);
  return Math.sqrt(sum / a.data.length);
}
