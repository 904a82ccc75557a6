/**
 * Masking: the part of a picture that must stay. The plane has 4 channels, NHWC: R, G, B in −1…1 times the mask, and the
 * mask, 1 = kept, 0 = to be painted. Composer (arXiv 2302.09778), section 2.1; the channel's sense is VideoComposer's.
 */

import sharp from "sharp";
import { asInteger, asRecord, type Condition, refuse } from "./condition.js";
import { type Image, maxSide } from "./image.js";
import { intensityOf } from "./intensity.js";
import { nearest, requireSameSize, requireSquare } from "./plane.js";
import { decodeError, openBytes } from "./read-image.js";

/** `rgb`: height × width × 3 bytes, 0 where not kept. `mask`: height × width bytes, 1 = kept, 0 = to be painted. */
export interface Masking {
  width: number;
  height: number;
  rgb: Uint8Array;
  mask: Uint8Array;
}

/** A region of an image in its pixels; it must lie inside and hold at least one pixel. */
export interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

const planeChannels = 4;

/** The pixels of `image` where `mask` is 1. Throws CP_ARG_SHAPE unless there is one mask byte a pixel. */
export function maskingOf(image: Image, mask: Uint8Array): Masking {
  const { width, height, data } = image;
  if (mask.length !== width * height) {
    refuse("CP_ARG_SHAPE", "the mask", `${width} × ${height} = ${width * height} bytes`, mask);
  }
  return check({ width, height, rgb: data.map((byte, i) => (mask[Math.floor(i / 3)] === 1 ? byte : 0)), mask });
}

/**
 * Keeps the pixels where the mask picture is light (BT.601 luma at or above one half): white = kept, black = painted.
 *
 * The mask must be of the same picture size before cropping, or of exactly the image's own size; else CP_ARG_SHAPE.
 */
export function maskingFromImage(image: Image, mask: Image): Masking {
  const ownSize = mask.source.width === image.width && mask.source.height === image.height;
  if (!ownSize) {
    requireSameSize(image.source, mask.source, "the mask");
  }
  requireSameSize(image, mask, "the mask");
  return maskingOf(
    image,
    Uint8Array.from(intensityOf(mask).data, (value) => (value >= 0.5 ? 1 : 0)),
  );
}

/** Keeps everything but the rectangles, which are to be painted. Throws CP_ARG_RANGE for one that is not inside. */
export function maskingFromRectangles(image: Image, rectangles: readonly Rectangle[]): Masking {
  const mask = new Uint8Array(image.width * image.height).fill(1);
  for (const [i, rectangle] of rectangles.entries()) {
    const where = `rectangle ${i}`;
    const left = asInteger(rectangle.left, `the left of ${where}`, 0, image.width - 1);
    const top = asInteger(rectangle.top, `the top of ${where}`, 0, image.height - 1);
    const width = asInteger(rectangle.width, `the width of ${where}`, 1, image.width - left);
    const height = asInteger(rectangle.height, `the height of ${where}`, 1, image.height - top);
    for (let y = top; y < top + height; y++) {
      mask.fill(0, y * image.width + left, y * image.width + left + width);
    }
  }
  return maskingOf(image, mask);
}

function check(value: unknown): Masking {
  const record = asRecord(value, "the masking", "{ width, height, rgb, mask }");
  const width = asInteger(record.width, "the masking's width", 1, maxSide);
  const height = asInteger(record.height, "the masking's height", 1, maxSide);
  const { rgb, mask } = record;
  if (!(rgb instanceof Uint8Array) || !(mask instanceof Uint8Array)) {
    refuse("CP_ARG_TYPE", "the masking's rgb and mask", "two Uint8Arrays", rgb instanceof Uint8Array ? mask : rgb);
  }
  if (rgb.length !== width * height * 3) {
    refuse("CP_ARG_SHAPE", "the masking's rgb", `${width} × ${height} × 3 = ${width * height * 3} bytes`, rgb);
  }
  if (mask.length !== width * height) {
    refuse("CP_ARG_SHAPE", "the masking's mask", `${width} × ${height} = ${width * height} bytes`, mask);
  }
  const wrong = mask.findIndex((kept) => kept > 1);
  if (wrong >= 0) {
    refuse("CP_ARG_RANGE", `value ${wrong} of the mask`, "1 (kept) or 0 (to be painted)", mask[wrong]);
  }
  return value as Masking;
}

function toPlane(value: Masking, size: number): Float32Array {
  requireSquare(value, "the masking");
  const plane = new Float32Array(size * size * planeChannels);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const source = nearest(y, value.width, size) * value.width + nearest(x, value.width, size);
      if (value.mask[source] === 1) {
        const target = (y * size + x) * planeChannels;
        for (let c = 0; c < 3; c++) {
          plane[target + c] = value.rgb[source * 3 + c] / 127.5 - 1;
        }
        plane[target + 3] = 1;
      }
    }
  }
  return plane;
}

/** Mean absolute difference of the pixels that both keep, in 0…1; 0 where there is none. */
function meanError(wanted: Masking, got: Masking): number {
  requireSameSize(wanted, got, "the other masking");
  let sum = 0;
  let kept = 0;
  for (let i = 0; i < wanted.rgb.length; i++) {
    const pixel = Math.floor(i / 3);
    if (wanted.mask[pixel] === 1 && got.mask[pixel] === 1) {
      sum += Math.abs(wanted.rgb[i] - got.rgb[i]) / 255;
      kept++;
    }
  }
  return kept === 0 ? 0 : sum / kept;
}

async function write({ width, height, rgb, mask }: Masking): Promise<Buffer> {
  const rgba = new Uint8Array(width * height * 4);
  mask.forEach((kept, i) => {
    rgba.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
    rgba[i * 4 + 3] = kept * 255;
  });
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

async function read(png: Buffer): Promise<Masking> {
  const where = "masking.png";
  const opened = await openBytes(png, where);
  const { width, height } = await opened.metadata();
  asInteger(width, `the width of ${where}`, 1, maxSide);
  asInteger(height, `the height of ${where}`, 1, maxSide);
  const rgba = await opened
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer()
    .catch((cause) => {
      throw decodeError(where, cause);
    });
  const rgb = new Uint8Array(width * height * 3);
  const mask = Uint8Array.from({ length: width * height }, (_, i) => (rgba[i * 4 + 3] >= 128 ? 1 : 0));
  mask.forEach((kept, i) => {
    if (kept === 1) {
      rgb.set(rgba.subarray(i * 4, i * 4 + 3), i * 3);
    }
  });
  return { width, height, rgb, mask };
}

/** Masking as a condition. Saved as an RGBA PNG, opaque = kept. Distance: `maskError`, 0…1. */
export const masking: Condition<Masking> = {
  name: "masking",
  kind: "local",
  channels: planeChannels,
  fileKinds: ["png"],
  check,
  toPlane,
  extract: (image, like) => maskingOf(image, like?.mask ?? new Uint8Array(image.width * image.height).fill(1)),
  write: async (value) => ({ png: await write(value) }),
  read: ({ png }) => read(png),
  distance: (wanted, got) => ({ maskError: meanError(wanted, got) }),
};
