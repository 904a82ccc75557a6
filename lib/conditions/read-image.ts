/**
 * Pictures in: any accepted input becomes one square 8-bit sRGB `Image` by one rule, the crop rule:
 *
 *  1. turned upright by its EXIF orientation;
 *  2. laid on white where it is transparent;
 *  3. converted to 8-bit sRGB by its colour profile;
 *  4. scaled with Lanczos3 so that its short side is `size`, then cut to the centre size × size.
 *
 * Everything is checked from the first bytes and the header before a pixel is decoded.
 */

import { fileURLToPath } from "node:url";
import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { CounterpointError, quoted } from "../graph/error.js";
import { asInteger, asRecord, refuse } from "./condition.js";
import { readLimited } from "./file.js";
import { Image, maxSide } from "./image.js";

/**
 * Pixels without a file around them: height × width × channels values, row by row. Bytes are sRGB; floats are sRGB in
 * 0…1. One channel is grey, two grey and alpha, three RGB, four RGBA.
 */
export interface RawPixels {
  data: Uint8Array | Uint8ClampedArray | Float32Array;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/** A path, a file: URL, the bytes of an image file, raw pixels, a sharp instance, or an Image. */
export type ImageInput = string | URL | Buffer | Uint8Array | ArrayBuffer | RawPixels | Sharp | Image;

/** The longest image file that is read, in bytes. */
export const maxFileBytes = 64 * 2 ** 20;
/** The largest picture that is decoded, in pixels. */
export const maxPixels = 64e6;

const decodeSeconds = 20;
const accepted = "PNG, JPEG, WebP, TIFF, GIF or AVIF";
const options: SharpOptions = { limitInputPixels: maxPixels, failOn: "error", sequentialRead: true };

/** The format that the first bytes of a file declare; what is not in this list never reaches a decoder. */
function sniff(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "webp";
  if (head.startsWith("II*\0") || head.startsWith("MM\0*")) return "tiff";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "gif";
  if (head.slice(4, 8) === "ftyp" && head.slice(8, 12 + 48).includes("avif")) return "heif";
  return undefined;
}

/** What a decoder threw as CP_IMAGE_TIMEOUT or CP_IMAGE_DECODE. */
export function decodeError(name: string, cause: unknown): CounterpointError {
  if (cause instanceof CounterpointError) {
    return cause;
  }
  const reason = String((cause as Error)?.message ?? cause).trim();
  const timedOut = reason.startsWith("timeout");
  const text = timedOut
    ? `Decoding ${name} took more than ${decodeSeconds} seconds and was stopped.`
    : `Cannot decode ${name}: it is truncated or damaged (${quoted(reason, 160)}).`;
  return new CounterpointError(timedOut ? "CP_IMAGE_TIMEOUT" : "CP_IMAGE_DECODE", text, {
    phase: "decode",
    details: { image: name, reason },
    cause,
  });
}

function checkPixels(name: string, width: number, height: number): void {
  if (width * height > maxPixels) {
    throw new CounterpointError(
      "CP_IMAGE_TOO_LARGE",
      `${name} has ${width} × ${height} pixels; at most ${maxPixels / 1e6} megapixels are decoded. Scale it down first.`,
      { phase: "decode", details: { image: name, got: width * height, limit: maxPixels } },
    );
  }
}

/** Reads the header of an image file in memory and lets only plain 8- and 16-bit pictures of bearable size through. */
export async function openBytes(bytes: Uint8Array, name: string): Promise<Sharp> {
  const format = sniff(bytes);
  let header: Metadata | undefined;
  if (format !== undefined) {
    // The header alone decides about the size, so that the message can say it; nothing is decoded here.
    const reader = sharp(bytes, { ...options, limitInputPixels: false });
    header = await reader.metadata().catch((cause) => {
      throw decodeError(name, cause);
    });
  }
  const plain = header && header.channels <= 4 && (header.depth === "uchar" || header.depth === "ushort");
  if (header === undefined || header.format !== format || !plain) {
    const got = header
      ? `${header.format} with ${header.channels} channels of type ${header.depth}`
      : bytes.length === 0
        ? "an empty file"
        : `${bytes.length} bytes of something else`;
    throw new CounterpointError(
      "CP_IMAGE_FORMAT",
      `${name} is not an image that can be read: expected ${accepted} with 1 to 4 channels of 8 or 16 bits, got ${got}.`,
      { phase: "decode", details: { image: name, expected: accepted, got, bytes: bytes.length } },
    );
  }
  checkPixels(name, header.width, header.height);
  return sharp(bytes, options);
}

function openRaw(input: Record<string, unknown>): Sharp {
  const width = asInteger(input.width, "the raw image's width", 1, 65535);
  const height = asInteger(input.height, "the raw image's height", 1, 65535);
  const channels = asInteger(input.channels, "the raw image's channels", 1, 4) as 1 | 2 | 3 | 4;
  checkPixels("the raw image", width, height);
  const { data } = input;
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!isBytes && !(data instanceof Float32Array)) {
    refuse("CP_ARG_TYPE", "the raw image's data", "a Uint8Array, Uint8ClampedArray or Float32Array", data);
  }
  const length = width * height * channels;
  if (data.length !== length) {
    refuse("CP_ARG_SHAPE", "the raw image's data", `${width} × ${height} × ${channels} = ${length} values`, data);
  }
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (!isBytes && !(data[i] >= 0 && data[i] <= 1)) {
      refuse("CP_ARG_RANGE", `value ${i} of the raw image`, "a number in 0…1", data[i]);
    }
    bytes[i] = isBytes ? data[i] : Math.round(data[i] * 255);
  }
  return sharp(bytes, { raw: { width, height, channels } });
}

/** What a sharp instance yields, its own operations applied, as raw pixels under our limits. */
async function openSharp(input: Sharp): Promise<Sharp> {
  const name = "the sharp instance";
  try {
    const header = await input.clone().metadata();
    checkPixels(name, header.width, header.height);
    const pipeline = input.clone().autoOrient().toColourspace("srgb").timeout({ seconds: decodeSeconds });
    const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
    return openRaw({ data, width: info.width, height: info.height, channels: info.channels });
  } catch (cause) {
    throw decodeError(name, cause);
  }
}

function pathOf(input: string | URL): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(String(input))?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (input instanceof URL || input === "" || input.includes("\0")) {
      refuse("CP_ARG_RANGE", "the image", "a path or a file: URL", String(input));
    }
    return input;
  }
  if (scheme !== "file") {
    refuse("CP_URL_FORBIDDEN", "the image", "a path or a file: URL (Counterpoint opens no network)", String(input));
  }
  try {
    return fileURLToPath(input);
  } catch {
    return refuse("CP_ARG_RANGE", "the image", "a file: URL with an absolute local path", String(input));
  }
}

async function openInput(input: unknown): Promise<Sharp> {
  if (typeof input === "string" || input instanceof URL) {
    const path = pathOf(input);
    return openBytes(await readLimited(path, maxFileBytes, { tooLarge: "CP_IMAGE_TOO_LARGE" }), quoted(path, 200));
  }
  if (input instanceof Image) {
    return input.toSharp();
  }
  if (input instanceof Uint8Array || input instanceof ArrayBuffer) {
    const bytes = input instanceof Uint8Array ? input : new Uint8Array(input);
    if (bytes.length > maxFileBytes) {
      refuse("CP_IMAGE_TOO_LARGE", "the image file", `at most ${maxFileBytes} bytes`, bytes);
    }
    return openBytes(bytes, "the image in memory");
  }
  if (input instanceof sharp) {
    return openSharp(input as Sharp);
  }
  const expected = "a path, a file: URL, a Buffer, an ArrayBuffer, { data, width, height, channels }, a sharp instance";
  const raw = asRecord(input, "the image", expected);
  if (raw.data === undefined) {
    refuse("CP_ARG_TYPE", "the image", expected, input);
  }
  return openRaw(raw);
}

/**
 * Reads a picture and brings it to size × size pixels by the crop rule above.
 *
 * @param size side of the result in pixels, 1…4096
 * @throws CP_ARG_TYPE, CP_ARG_RANGE, CP_ARG_SHAPE for arguments; CP_IO_… for files that cannot be read;
 *   CP_IMAGE_FORMAT for what is no accepted image; CP_IMAGE_TOO_LARGE above 64 megapixels or 64 MiB;
 *   CP_IMAGE_DECODE for truncated or damaged ones; CP_IMAGE_TIMEOUT after 20 seconds
 */
export async function readImage(input: ImageInput, { size }: { size: number }): Promise<Image> {
  asInteger(size, "size", 1, maxSide);
  const opened = await openInput(input);
  try {
    const { autoOrient } = await opened.metadata();
    const data = await opened
      .autoOrient()
      .flatten({ background: "white" })
      .resize({
        width: size,
        height: size,
        fit: "cover",
        position: "centre",
        kernel: "lanczos3",
        fastShrinkOnLoad: false,
      })
      .toColourspace("srgb")
      .timeout({ seconds: decodeSeconds })
      .raw()
      .toBuffer();
    return new Image(size, size, new Uint8Array(data), { width: autoOrient.width, height: autoOrient.height });
  } catch (cause) {
    throw decodeError(typeof input === "string" ? quoted(input, 200) : "the image", cause);
  }
}
