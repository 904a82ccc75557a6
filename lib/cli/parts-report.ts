/** What was found in a picture, as data for --json and in words for people. */
import type { Attributes } from "../conditions/attributes.js";
import type { Swatch } from "../conditions/palette.js";
import type { Parts } from "../conditions/parts.js";
import type { Plane } from "../conditions/plane.js";

interface Range {
  readonly width: number;
  readonly height: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
}

/** One entry for each part there is. Shares are of the picture's pixels, 0…1. */
export interface PartsReport {
  readonly caption?: string;
  readonly semantics?: { readonly length: number };
  /** The six most frequent colours, and how many there are in all. */
  readonly palette?: { readonly colours: number; readonly swatches: readonly Swatch[] };
  readonly sketch?: Range;
  readonly instances?: { readonly objects: readonly (Attributes & { readonly share: number })[] };
  readonly depth?: Range;
  readonly intensity?: Range;
  readonly masking?: { readonly width: number; readonly height: number; readonly kept: number };
}

const mostSwatches = 6;

export function reportOf(parts: Parts): PartsReport {
  const { caption, semantics, palette, instances, masking } = parts;
  return {
    caption,
    semantics: semantics && { length: semantics.length },
    palette: palette && { colours: palette.swatches().length, swatches: palette.swatches(mostSwatches) },
    sketch: rangeOf(parts.sketch),
    instances: instances && {
      objects: instances.objects.map((object, index) => {
        return { ...object, share: shareOf(instances.map, (value) => value === index + 1) };
      }),
    },
    depth: rangeOf(parts.depth),
    intensity: rangeOf(parts.intensity),
    masking: masking && {
      width: masking.width,
      height: masking.height,
      kept: shareOf(masking.mask, (value) => value === 1),
    },
  };
}

/** One line for each part, the caption's also where there is none. */
export function linesOf(report: PartsReport): string[] {
  const { caption, semantics, palette, sketch, instances, depth, intensity, masking } = report;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["caption", caption === undefined ? "none: not sure of the objects" : `"${caption}"`],
    ["semantics", semantics && `an embedding of ${semantics.length} numbers`],
    ["palette", palette && paletteLine(palette)],
    ["sketch", sketch && `strokes on ${percent(sketch.mean)} of the picture`],
    ["instances", instances && objectsLine(instances.objects)],
    ["depth", depth && `${depth.minimum.toFixed(2)} (far) to ${depth.maximum.toFixed(2)} (near)`],
    ["intensity", intensity && `${intensity.minimum.toFixed(2)} to ${intensity.maximum.toFixed(2)}`],
    ["masking", masking && `${percent(masking.kept)} kept`],
  ];
  return lines.flatMap(([name, line]) => (line === undefined ? [] : [`  ${name.padEnd(10)} ${line}`]));
}

function paletteLine({ colours, swatches }: NonNullable<PartsReport["palette"]>): string {
  const shown = swatches.map(({ hex, share }) => `${hex} ${percent(share)}`).join(", ");
  return colours > swatches.length ? `${shown}, and ${colours - swatches.length} more` : shown;
}

function objectsLine(objects: NonNullable<PartsReport["instances"]>["objects"]): string {
  const told = objects.map(({ size, colour, material, shape, share }) => {
    return `${size} ${colour} ${material} ${shape} (${percent(share)})`;
  });
  return told.length === 0
    ? "no objects"
    : `${told.length === 1 ? "1 object" : `${told.length} objects`}: ${told.join(", ")}`;
}

function rangeOf(plane: Plane | undefined): Range | undefined {
  if (!plane) return undefined;
  const { width, height, data } = plane;
  const [minimum, maximum] = data.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [1, 0]);
  return { width, height, minimum, maximum, mean: data.reduce((sum, value) => sum + value, 0) / data.length };
}

function shareOf(values: Uint8Array, holds: (value: number) => boolean): number {
  return values.reduce((count, value) => count + (holds(value) ? 1 : 0), 0) / values.length;
}

function percent(share: number): string {
  return `${share > 0 && share < 0.005 ? "<1" : Math.round(share * 100)} %`;
}
