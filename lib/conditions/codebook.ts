/**
 * The fixed colours that a palette counts, and the smoothing of its histogram.
 *
 * Eleven hues, one column each, and one column of greys; n = 5 + 2·numLight colours in a column, from the top:
 *   5 of full value and rising saturation, the pure colour, numLight of full saturation and falling value,
 *   numLight − 1 of saturation 0.4 and falling value. Greys run from white to black.
 * Bins are numbered column by column, greys last: 12·n bins, 156 for numLight 4 and 180 for numLight 5.
 *
 * VideoComposer (arXiv 2306.02018), tools/annotator/histogram/palette.py, after sergeyk/rayleigh; the counts of 11 hues,
 * 5 saturations and 5 lights are Composer's (arXiv 2302.09778, section 2.1).
 */

import { converter, formatHex } from "culori";
import { labOfRgb, labOfRgb8 } from "./lab.js";

const hues = [0, 0.0833, 0.166, 0.25, 0.333, 0.5, 0.56333, 0.666, 0.73, 0.803, 0.916];
const numSat = 5;
const smoothingSigma = 10;
const smoothingFloor = 1e-5;
const toRgb = converter("rgb");

/** `count` evenly spaced numbers strictly between two ends. */
function between(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 1)) / (count + 1));
}

/** Saturation and value of the colours of one hue, from the top of its column. */
function columnOf(numLight: number): [saturation: number, value: number][] {
  const values = between(1, 0.2, numLight);
  return [
    ...between(0, 1, numSat).map((saturation): [number, number] => [saturation, 1]),
    [1, 1],
    ...values.map((value): [number, number] => [1, value]),
    ...values.slice(0, -1).map((value): [number, number] => [0.4, value]),
  ];
}

/** One codebook; `codebookOf` gives the shared instance. */
export class Codebook {
  /** Lights of each hue, the parameter of the codebook. */
  readonly numLight: number;
  /** Number of bins. */
  readonly size: number;
  /** Each bin's colour as #rrggbb. */
  readonly hex: readonly string[];
  /** size × 3: each bin's L, a, b. */
  readonly lab: Float64Array;
  /** size × size: colour difference ΔE (CIE 1976) between bins. */
  readonly distances: Float64Array;
  readonly #smoothing: Float64Array;
  /** 1 + bin of every 24-bit colour met so far; the pages of an untouched part cost nothing. */
  readonly #binOfColour = new Uint8Array(2 ** 24);
  /** The bin last found in each of 16 × 16 × 16 cells of RGB: where a search starts. */
  readonly #guessOfCell = new Uint8Array(2 ** 12);
  /** size × size: for each bin all bins, the nearest first, itself at the start. */
  readonly #neighbours: Uint8Array;
  readonly #point = new Float64Array(3);

  constructor(numLight: number) {
    this.numLight = numLight;
    const column = columnOf(numLight);
    const chromatic = hues.flatMap((hue) => column.map(([s, v]) => toRgb({ mode: "hsv", h: hue * 360, s, v })));
    const greys = column
      .map((_, i) => 1 - i / (column.length - 1))
      .map((v) => toRgb({ mode: "rgb", r: v, g: v, b: v }));
    const colours = [...chromatic, ...greys];
    this.size = colours.length;
    this.hex = colours.map((colour) => formatHex(colour));
    this.lab = new Float64Array(this.size * 3);
    for (const [bin, { r, g, b }] of colours.entries()) {
      labOfRgb(r, g, b, this.lab, bin * 3);
    }
    this.distances = this.#pairwiseDistances();
    this.#neighbours = this.#sortedNeighbours();
    this.#smoothing = this.#smoothingWeights();
  }

  #sortedNeighbours(): Uint8Array {
    const { size, distances } = this;
    const neighbours = new Uint8Array(size * size);
    for (let i = 0; i < size; i++) {
      const row = distances.subarray(i * size, (i + 1) * size);
      neighbours.set(
        [...row.keys()].sort((a, b) => row[a] - row[b]),
        i * size,
      );
    }
    return neighbours;
  }

  #pairwiseDistances(): Float64Array {
    const { size, lab } = this;
    const distances = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const l = lab[i * 3] - lab[j * 3];
        const a = lab[i * 3 + 1] - lab[j * 3 + 1];
        const b = lab[i * 3 + 2] - lab[j * 3 + 2];
        distances[i * size + j] = Math.sqrt(l * l + a * a + b * b);
      }
    }
    return distances;
  }

  #smoothingWeights(): Float64Array {
    const { size } = this;
    const weights = this.distances.map((d) => Math.exp(-(d * d) / (2 * smoothingSigma ** 2)));
    for (let i = 0; i < size; i++) {
      const row = weights.subarray(i * size, (i + 1) * size);
      const sum = row.reduce((total, weight) => total + weight, 0);
      row.forEach((weight, j) => {
        row[j] = weight / sum;
      });
    }
    return weights;
  }

  /** The bin nearest to a colour of three bytes in Lab; of equally near ones the first. */
  binOf(r: number, g: number, b: number): number {
    const colour = (r << 16) | (g << 8) | b;
    const known = this.#binOfColour[colour];
    return known !== 0 ? known - 1 : this.#search(r, g, b, colour);
  }

  /**
   * Exact nearest neighbour, started at a guess g. By the triangle inequality a bin further from g than twice the point is
   * cannot be nearer than g, so only the bins around g are looked at.
   */
  #search(r: number, g: number, b: number, colour: number): number {
    const { size, lab } = this;
    const point = this.#point;
    labOfRgb8(r, g, b, point);
    const cell = ((r >> 4) << 8) | (g & 0xf0) | (b >> 4);
    const guess = this.#guessOfCell[cell];
    let nearest = guess;
    let least = Number.POSITIVE_INFINITY;
    let reach = Number.POSITIVE_INFINITY;
    for (let k = 0; k < size; k++) {
      const bin = this.#neighbours[guess * size + k];
      if (this.distances[guess * size + bin] > reach) {
        break;
      }
      const dl = lab[bin * 3] - point[0];
      const da = lab[bin * 3 + 1] - point[1];
      const db = lab[bin * 3 + 2] - point[2];
      const distance = dl * dl + da * da + db * db;
      if (distance < least || (distance === least && bin < nearest)) {
        least = distance;
        nearest = bin;
      }
      if (k === 0) {
        // A hair more than twice, for rounding.
        reach = 2.000001 * Math.sqrt(distance) + 1e-6;
      }
    }
    this.#guessOfCell[cell] = nearest;
    this.#binOfColour[colour] = nearest + 1;
    return nearest;
  }

  /**
   * outᵢ = Σⱼ wᵢⱼ hⱼ with wᵢⱼ = exp(−ΔE²/2σ²), each row divided by its sum, σ = 10; entries below 1e-5 become 0.
   *
   * Rows are normalised and not columns, as in the source, so the result need not sum to 1.
   */
  smooth(histogram: ArrayLike<number>): Float32Array {
    const { size } = this;
    const smoothed = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) {
        sum += this.#smoothing[i * size + j] * histogram[j];
      }
      smoothed[i] = sum < smoothingFloor ? 0 : sum;
    }
    return smoothed;
  }

  /** The number of lights of the codebook with so many bins, or undefined where there is none. */
  static numLightOf(bins: number): number | undefined {
    const numLight = (bins / (hues.length + 1) - numSat) / 2;
    return Number.isInteger(numLight) && numLight >= 1 && numLight <= maxLight ? numLight : undefined;
  }
}

// 12 · (5 + 2 · 8) = 252 bins still fit the one byte of the colour cache.
const maxLight = 8;
const codebooks = new Map<number, Codebook>();

/** The codebook of so many lights, 1…8; 5 gives Composer's 180 bins, 4 VideoComposer's 156. */
export function codebookOf(numLight: number): Codebook {
  let codebook = codebooks.get(numLight);
  if (codebook === undefined) {
    codebook = new Codebook(numLight);
    codebooks.set(numLight, codebook);
  }
  return codebook;
}
