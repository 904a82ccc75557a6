/**
 * A picture in memory, and how pictures leave: 8-bit sRGB, row by row from the top left, three bytes a pixel.
 */

import { extname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { asInteger, refuse } from "./condition.js";
import { requireFolderOf, writeWhole } from "./file.js";

/** File formats that pictures are written in; WebP is written lossless, JPEG at quality 95 without subsampling. */
export type ImageFormat = "png" | "jpeg" | "webp";

/** The longest side of a picture that the model side of Counterpoint handles, in pixels. */
export const maxSide = 4096;

const formatOfExtension: Record<string, ImageFormat> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
};

/** An 8-bit sRGB picture: `data` holds height × width × 3 bytes, NHWC. */
export class Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** Size of the upright picture it was cropped from; its own size where it was not cropped. */
  readonly source: { readonly width: number; readonly height: number };

  /** Throws CP_ARG_RANGE for sides outside 1…4096, CP_ARG_TYPE for other data, CP_ARG_SHAPE for a wrong length. */
  constructor(width: number, height: number, data: Uint8Array, source = { width, height }) {
    this.width = asInteger(width, "the image's width", 1, maxSide);
    this.height = asInteger(height, "the image's height", 1, maxSide);
    if (!(data instanceof Uint8Array)) {
      refuse("CP_ARG_TYPE", "the image's data", "a Uint8Array", data);
    }
    if (data.length !== width * height * 3) {
      refuse("CP_ARG_SHAPE", "the image's data", `${width} × ${height} × 3 = ${width * height * 3} bytes`, data);
    }
    this.data = data;
    this.source = source;
  }

  /** A sharp instance over the pixels, for everything sharp can do. */
  toSharp(): Sharp {
    return sharp(this.data, { raw: { width: this.width, height: this.height, channels: 3 } });
  }

  /** The picture as the bytes of a file, PNG by default. */
  async toBuffer(format: ImageFormat = "png"): Promise<Buffer> {
    switch (format) {
      case "png":
        return this.toSharp().png().toBuffer();
      case "jpeg":
        return this.toSharp().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
      case "webp":
        return this.toSharp().webp({ lossless: true }).toBuffer();
      default:
        return refuse("CP_ARG_RANGE", "the image format", "png, jpeg or webp", format);
    }
  }

  /**
   * Writes the picture in the format of the path's extension (.png, .jpg, .jpeg, .webp).
   *
   * The folder must exist (CP_IO_NOT_FOUND, before anything is encoded or written). The file appears whole or not at all.
   */
  async toFile(path: string): Promise<void> {
    const format = formatOfExtension[extname(path).toLowerCase()];
    if (format === undefined) {
      refuse("CP_ARG_RANGE", "the output path", "a name that ends in .png, .jpg, .jpeg or .webp", path);
    }
    await requireFolderOf(path);
    await writeWhole(path, await this.toBuffer(format));
  }
}
