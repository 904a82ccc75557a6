/** Every part as a picture to look at, for contact sheets. */

import type { PartsInput } from "../composer/request.js";
import { Image } from "../conditions/image.js";
import type { Instances } from "../conditions/instances.js";
import type { Masking } from "../conditions/masking.js";
import { Palette } from "../conditions/palette.js";
import type { Plane } from "../conditions/plane.js";
import type { SheetCell } from "./sheet.js";

/** Colours that are easily told apart: object i has colour i modulo their number. */
const falseColours = [
  [230, 60, 60],
  [60, 140, 230],
  [250, 200, 40],
  [90, 190, 90],
  [180, 90, 210],
  [240, 140, 50],
] as const;

/** One cell for each part that can be shown, in the order in which parts are listed everywhere. `size` in pixels. */
export function partCells(parts: PartsInput, size: number): SheetCell[] {
  const { palette, sketch, instances, depth, intensity, masking } = parts;
  const cells: (SheetCell | undefined)[] = [
    palette && { label: "palette", image: paletteStrip(palette, size) },
    sketch && { label: "sketch", image: greyOf(sketch) },
    instances && { label: instancesLabel(instances), image: falseColoured(instances) },
    depth && { label: "depth, near is light", image: greyOf(depth) },
    intensity && { label: "intensity", image: greyOf(intensity) },
    masking && { label: "masking, red is painted", image: maskedImage(masking) },
  ];
  return cells.filter((cell) => cell !== undefined);
}

function paletteStrip(palette: NonNullable<PartsInput["palette"]>, size: number): Image {
  const known = palette instanceof Palette ? palette : Palette.fromColors(palette);
  return known.strip(size, size);
}

function instancesLabel({ objects }: Instances): string {
  return objects.length === 1 ? "1 instance" : `${objects.length} instances`;
}

function greyOf({ width, height, data }: Plane): Image {
  return new Image(
    width,
    height,
    Uint8Array.from({ length: data.length * 3 }, (_, i) => Math.round(data[Math.floor(i / 3)] * 255)),
  );
}

function falseColoured({ width, height, map }: Instances): Image {
  const rgb = new Uint8Array(map.length * 3);
  for (const [i, index] of map.entries()) {
    if (index > 0) rgb.set(falseColours[(index - 1) % falseColours.length], i * 3);
  }
  return new Image(width, height, rgb);
}

function maskedImage({ width, height, rgb, mask }: Masking): Image {
  const shown = rgb.slice();
  for (const [i, kept] of mask.entries()) if (kept === 0) shown.set([200, 40, 40], i * 3);
  return new Image(width, height, shown);
}
