/** What a composition gives: the images, and enough to know how they came about and how well they keep to their parts. */
import type { ConditionName, Metrics } from "../conditions/condition.js";
import { Image } from "../conditions/image.js";
import { type Masking, masking } from "../conditions/masking.js";
import type { ChosenDeviceInfo } from "../machine/choose.js";
import type { ComposeOptions } from "./options.js";

/** How far one image is from each condition that was given and can be measured. */
export type Adherence = Partial<Readonly<Record<ConditionName, Metrics>>>;

/** The record of a composition. The same version, weights, isa, options and parts give the same images bit for bit. */
export interface Manifest {
  readonly version: string;
  readonly device: ChosenDeviceInfo;
  /** SHA-256 of each weights file. */
  readonly weights: Readonly<Record<"composer" | "clip" | "percept", string>>;
  /** Every option, defaults filled in. */
  readonly options: Required<Omit<ComposeOptions, "signal">>;
  /** The parts that were given. */
  readonly conditions: readonly ConditionName[];
  /** The net's evaluations in each step. */
  readonly branches: readonly { readonly conditions: readonly ConditionName[]; readonly weight: number }[];
  readonly timings: {
    /** Opening nets, compiling and encoding; most of it happens once. */
    readonly prepareMs: number;
    readonly sampleMs: number;
    readonly measureMs: number;
  };
}

export interface ComposeResult {
  readonly images: readonly Image[];
  readonly seed: number;
  /** One for each image; empty records where `measure` is off. */
  readonly adherence: readonly Adherence[];
  /**
   * With masking: for each image the mean error, 0…1, of the pixels to keep before they were put back exactly. Else empty.
   */
  readonly maskErrorBefore: readonly number[];
  readonly manifest: Manifest;
}

/** The mean error, 0…1, of the pixels of `image` that `kept` keeps. */
export function maskErrorOf(image: Image, kept: Masking): number {
  return masking.distance(kept, masking.extract!(image, kept)).maskError!;
}

/** The image with the pixels that `kept` keeps in their place, exactly. Both have the same size. */
export function withKept(image: Image, { mask, rgb }: Masking): Image {
  const data = image.data.map((byte, i) => (mask[Math.floor(i / 3)] === 1 ? rgb[i] : byte));
  return new Image(image.width, image.height, data);
}
