/**
 * Palette: which colours a picture has and how much of each, wherever they are. A histogram over a fixed codebook in
 * CIELab; smoothed (σ = 10), it is the vector that enters the model. Composer (arXiv 2302.09778), section 2.1 "Color".
 */

import { Codebook, codebookOf } from "./codebook.js";
import { asInteger, asRecord, type Condition, parseJson, refuse, toJson } from "./condition.js";
import { earthMoversDistance } from "./earth-mover.js";
import { Image } from "./image.js";

/** A colour as #rgb or #rrggbb and how much of it there is, in any unit; 1 where left out. */
export interface WeightedColour {
  hex: string;
  weight?: number;
}

/** One colour of a palette: a codebook colour and its share of the picture, 0…1. */
export interface Swatch {
  hex: string;
  share: number;
}

/** Lights of Composer's codebook of 180 bins. */
export const defaultNumLight = 5;
const maxColours = 1024;

function rgbOfHex(hex: unknown, where: string): [number, number, number] {
  const digits = typeof hex === "string" ? /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(hex)?.[1] : undefined;
  if (digits === undefined) {
    refuse(typeof hex === "string" ? "CP_ARG_RANGE" : "CP_ARG_TYPE", where, "a colour like #1e90ff or #fa0", hex);
  }
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const value = Number.parseInt(long, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** An immutable palette. `histogram[i]` is the share of codebook colour i; the shares sum to 1. */
export class Palette {
  readonly codebook: Codebook;
  readonly histogram: Float64Array;

  private constructor(codebook: Codebook, masses: Float64Array, where: string) {
    const sum = masses.reduce((total, mass) => total + mass, 0);
    if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) {
      refuse("CP_ARG_RANGE", where, "weights with a finite sum above 0", sum);
    }
    this.codebook = codebook;
    // Shares that sum to 1 already are kept to the bit, so that a saved palette loads as the same palette.
    this.histogram = Math.abs(sum - 1) < 1e-9 ? masses : masses.map((mass) => mass / sum);
  }

  /** The palette of a picture, every pixel counted once. */
  static fromImage(image: Image, numLight = defaultNumLight): Palette {
    const codebook = codebookOf(asInteger(numLight, "numLight", 1, 8));
    const counts = new Float64Array(codebook.size);
    const { data } = image;
    for (let i = 0; i < data.length; i += 3) {
      counts[codebook.binOf(data[i], data[i + 1], data[i + 2])]++;
    }
    return new Palette(codebook, counts, "the image's palette");
  }

  /**
   * A palette of given colours, at most 1024, each counted at its nearest codebook colour.
   *
   * @throws CP_ARG_TYPE or CP_ARG_RANGE for what is no colour, no weight at or above 0, or has no weight in all
   */
  static fromColors(colours: readonly (string | WeightedColour)[], numLight = defaultNumLight): Palette {
    const codebook = codebookOf(asInteger(numLight, "numLight", 1, 8));
    if (!Array.isArray(colours)) {
      refuse("CP_ARG_TYPE", "the palette", 'a list of colours like ["#1e90ff"] or [{ hex, weight }]', colours);
    }
    if (colours.length < 1 || colours.length > maxColours) {
      refuse("CP_ARG_RANGE", "the number of palette colours", `an integer from 1 to ${maxColours}`, colours.length);
    }
    const masses = new Float64Array(codebook.size);
    for (const [i, colour] of colours.entries()) {
      const where = `palette colour ${i}`;
      const { hex, weight = 1 } =
        typeof colour === "string" ? { hex: colour } : asRecord(colour, where, "{ hex, weight }");
      if (typeof weight !== "number") {
        refuse("CP_ARG_TYPE", `the weight of ${where}`, "a number at or above 0", weight);
      }
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        refuse("CP_ARG_RANGE", `the weight of ${where}`, "a number at or above 0", weight);
      }
      masses[codebook.binOf(...rgbOfHex(hex, where))] += weight;
    }
    return new Palette(codebook, masses, "the palette");
  }

  /** A palette of given masses, not smoothed; their number chooses the codebook (180, 156, or 12·(5 + 2·lights)). */
  static fromHistogram(histogram: ArrayLike<number>): Palette {
    const numLight = Codebook.numLightOf(histogram?.length);
    if (numLight === undefined) {
      refuse("CP_ARG_SHAPE", "the palette histogram", "180 or 156 bins", histogram);
    }
    const masses = Float64Array.from(histogram);
    const wrong = masses.findIndex((mass) => !(mass >= 0 && mass < Number.POSITIVE_INFINITY));
    if (wrong >= 0) {
      refuse("CP_ARG_RANGE", `bin ${wrong} of the palette histogram`, "a number at or above 0", masses[wrong]);
    }
    return new Palette(codebookOf(numLight), masses, "the palette histogram");
  }

  /** (1 − t) of this palette and t of the other, t in 0…1. */
  blend(other: Palette, t: number): Palette {
    this.#requireSameCodebook(other);
    if (!(t >= 0 && t <= 1)) {
      refuse("CP_ARG_RANGE", "the blend's t", "a number in 0…1", t);
    }
    const masses = this.histogram.map((mass, i) => (1 - t) * mass + t * other.histogram[i]);
    return new Palette(this.codebook, masses, "the blended palette");
  }

  /** Earth mover's distance to another palette in ΔE (CIE 1976). */
  distance(other: Palette): number {
    this.#requireSameCodebook(other);
    return earthMoversDistance(this.histogram, other.histogram, this.codebook.distances);
  }

  /** Σ min(share, other share): 1 for equal palettes, 0 for palettes with no bin in common. */
  intersection(other: Palette): number {
    this.#requireSameCodebook(other);
    return this.histogram.reduce((sum, share, i) => sum + Math.min(share, other.histogram[i]), 0);
  }

  /** The colours that occur, the most frequent first. */
  swatches(limit = this.codebook.size): Swatch[] {
    const { hex } = this.codebook;
    return Array.from(this.histogram, (share, bin) => ({ hex: hex[bin], share }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share)
      .slice(0, limit);
  }

  /** A strip with every colour as wide as its share, the most frequent first, to look at. */
  strip(width: number, height: number): Image {
    const data = new Uint8Array(width * height * 3);
    const swatches = this.swatches();
    for (let x = 0, next = 0, filled = 0; x < width; x++) {
      while (next < swatches.length - 1 && filled + swatches[next].share <= (x + 0.5) / width) {
        filled += swatches[next++].share;
      }
      const colour = rgbOfHex(swatches[next].hex, "a swatch");
      for (let y = 0; y < height; y++) {
        data.set(colour, (y * width + x) * 3);
      }
    }
    return new Image(width, height, data);
  }

  /** The smoothed histogram, one number a bin: what the model reads. */
  toVector(): Float32Array {
    return this.codebook.smooth(this.histogram);
  }

  /** `{ numLight, colors: [{ hex, weight }] }`, which `fromColors` reads back exactly. */
  toJSON(): { numLight: number; colors: Required<WeightedColour>[] } {
    const colors = this.swatches().map(({ hex, share }) => ({ hex, weight: share }));
    return { numLight: this.codebook.numLight, colors };
  }

  #requireSameCodebook(other: Palette): void {
    if (!(other instanceof Palette)) {
      refuse("CP_ARG_TYPE", "the other palette", "a Palette", other);
    }
    if (other.codebook !== this.codebook) {
      refuse("CP_ARG_SHAPE", "the other palette", `a palette of ${this.codebook.size} bins`, other.histogram);
    }
  }
}

/** The palette as a condition. Besides a Palette, `check` takes a list of hex colours or of { hex, weight }. */
export const palette: Condition<Palette> = {
  name: "palette",
  kind: "global",
  channels: 0,
  fileKinds: ["json"],
  check: (value) => (value instanceof Palette ? value : Palette.fromColors(value as string[])),
  toVector: (value) => value.toVector(),
  extract: (image, like) => Palette.fromImage(image, like?.codebook.numLight),
  write: async (value) => ({ json: toJson(value) }),
  async read({ json }) {
    const { numLight, colors } = parseJson(json, "palette.json");
    return Palette.fromColors(colors as WeightedColour[], numLight as number | undefined);
  },
  distance: (wanted, got) => ({
    paletteDistance: wanted.distance(got),
    paletteIntersection: wanted.intersection(got),
  }),
};
