/** An op case in f64 by its definition, at some places of the result: the oracle that errors are measured against. */
import type { TensorMap } from "../lib/weights/safetensors.js";
import { seeded } from "../test/random.js";
import type { AttentionCase, ConvCase, GroupNormCase, LinearCase, OpCase } from "./cases.js";

type Operands = Readonly<Record<string, Float32Array>>;

/** `values[i]` is element `places[i]` of the result. */
export interface ExactValues {
  readonly places: readonly number[];
  readonly values: readonly number[];
}

const rowsSampled = 24;

/** All channels of some rows of the result, corners of an image among them. */
export function exactValues(work: OpCase, tensors: TensorMap): ExactValues {
  const operands = Object.fromEntries([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
  switch (work.kind) {
    case "conv":
      return rows(work.batch * work.size ** 2, work.outputs, (row) => convRow(work, operands, row));
    case "linear":
      return rows(work.rows, work.outputs, (row) => linearRow(work, operands, row));
    case "attention":
      return rows(work.batch * work.queries, work.heads * work.width, (row) => attentionRow(work, operands, row));
    case "groupNorm":
      return rows(work.batch * work.size ** 2, work.channels, groupNormRow(work, operands));
  }
}

/** ‖out − exact‖ / ‖exact‖ over the places; NaN where `out` has one. */
export function errorOf(out: Float32Array, { places, values }: ExactValues): number {
  let [difference, norm] = [0, 0];
  for (const [index, place] of places.entries()) {
    difference += (out[place] - values[index]) ** 2;
    norm += values[index] ** 2;
  }
  return Math.sqrt(difference / norm);
}

function rows(count: number, columns: number, rowOf: (row: number) => Float64Array): ExactValues {
  const random = seeded(count);
  const chosen = [0, count - 1, ...Array.from({ length: rowsSampled }, () => random.below(count))];
  const places = chosen.flatMap((row) => Array.from({ length: columns }, (_, column) => row * columns + column));
  return { places, values: chosen.flatMap((row) => [...rowOf(row)]) };
}

function convRow({ size, inputs, outputs, kernel }: ConvCase, { x, weight, bias }: Operands, row: number) {
  const sums = Float64Array.from(bias);
  const [i, j, image] = [row % size, Math.floor(row / size) % size, Math.floor(row / size ** 2)];
  const reach = (kernel - 1) / 2;
  for (let tap = 0; tap < kernel ** 2; tap++) {
    const [down, across] = [j + Math.floor(tap / kernel) - reach, i + (tap % kernel) - reach];
    if (down < 0 || across < 0 || down >= size || across >= size) continue;
    const from = ((image * size + down) * size + across) * inputs;
    addProduct(sums, x.subarray(from, from + inputs), weight, tap * inputs * outputs);
  }
  return sums;
}

function linearRow({ inputs }: LinearCase, { x, weight, bias }: Operands, row: number) {
  const sums = Float64Array.from(bias);
  addProduct(sums, x.subarray(row * inputs, (row + 1) * inputs), weight, 0);
  return sums;
}

/** sums += x · weight, whose rows begin at `first`. */
function addProduct(sums: Float64Array, x: Float32Array, weight: Float32Array, first: number): void {
  for (let k = 0; k < x.length; k++) {
    const from = first + k * sums.length;
    for (let n = 0; n < sums.length; n++) sums[n] += x[k] * weight[from + n];
  }
}

function attentionRow({ queries, keys, heads, width }: AttentionCase, { q, k, v }: Operands, row: number) {
  const image = Math.floor(row / queries);
  const channels = heads * width;
  const result = new Float64Array(channels);
  for (let head = 0; head < heads; head++) {
    const scores = Float64Array.from({ length: keys }, (_, key) => {
      let sum = 0;
      const from = (image * keys + key) * channels + head * width;
      for (let c = 0; c < width; c++) sum += q[row * channels + head * width + c] * k[from + c];
      return sum / Math.sqrt(width);
    });
    const greatest = scores.reduce((a, b) => Math.max(a, b));
    const weights = scores.map((score) => Math.exp(score - greatest));
    const total = weights.reduce((a, b) => a + b);
    for (let key = 0; key < keys; key++) {
      const from = (image * keys + key) * channels + head * width;
      for (let c = 0; c < width; c++) result[head * width + c] += (weights[key] / total) * v[from + c];
    }
  }
  return result;
}

function groupNormRow({ size, channels, groups }: GroupNormCase, { x, gamma, beta }: Operands) {
  const [positions, width] = [size ** 2, channels / groups];
  const statistics = (image: number, group: number) => {
    let [sum, squares] = [0, 0];
    const over = (add: (value: number) => void) => {
      for (let position = 0; position < positions; position++) {
        const from = (image * positions + position) * channels + group * width;
        for (let c = from; c < from + width; c++) add(x[c]);
      }
    };
    over((value) => {
      sum += value;
    });
    const mean = sum / (positions * width);
    over((value) => {
      squares += (value - mean) ** 2;
    });
    return { mean, deviation: Math.sqrt(squares / (positions * width) + 1e-5) };
  };
  const known = new Map<string, ReturnType<typeof statistics>>();
  return (row: number) => {
    const image = Math.floor(row / positions);
    return Float64Array.from({ length: channels }, (_, c) => {
      const group = Math.floor(c / width);
      const key = `${image} ${group}`;
      const { mean, deviation } = known.get(key) ?? statistics(image, group);
      known.set(key, { mean, deviation });
      const z = ((x[row * channels + c] - mean) / deviation) * gamma[c] + beta[c];
      return z / (1 + Math.exp(-z));
    });
  };
}
