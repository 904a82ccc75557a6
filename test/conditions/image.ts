import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp, { type Sharp } from "sharp";
import { Image, type ImageFormat } from "../../lib/conditions/image.js";
import { type ImageInput, maxFileBytes, readImage } from "../../lib/conditions/read-image.js";
import { expectCode } from "./expect-code.js";

const colour = { r: 200, g: 100, b: 50 };
const plain = (width = 20, height = 20): Sharp => sharp({ create: { width, height, channels: 3, background: colour } });

/** A smooth picture: red grows to the right, green downwards. */
function gradient(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data.set([((i % width) * 255) / width, (Math.floor(i / width) * 255) / height, 90], i * 3);
  }
  return new Image(width, height, data);
}

/** A PNG whose header says width × height, with nothing in it: IHDR is right, and that is all a reader may look at. */
async function pngClaiming(width: number, height: number): Promise<Buffer> {
  const png = await plain(1, 1).png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  let crc = 0xffffffff;
  for (const byte of png.subarray(12, 29)) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  png.writeUInt32BE(~crc >>> 0, 29);
  return png;
}

/** A TIFF of one pixel: `channels` samples of 32 bits, float. */
function floatTiff(channels: number): Buffer {
  const entries = [
    [256, 3, 1, 1],
    [257, 3, 1, 1],
    [258, 3, 1, 32],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 8],
    [277, 3, 1, channels],
    [279, 4, 1, 4 * channels],
    [339, 3, 1, 3],
  ];
  const start = 8 + 4 * channels;
  const tiff = Buffer.alloc(start + 2 + entries.length * 12 + 4);
  tiff.write("II*\0", "latin1");
  tiff.writeUInt32LE(start, 4);
  tiff.writeUInt16LE(entries.length, start);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = start + 2 + i * 12;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  }
  return tiff;
}

describe("readImage", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "counterpoint-image-"));
    await plain().png().toFile(join(folder, "plain.png"));
    await plain().jpeg({ quality: 100 }).toFile(join(folder, "jpeg named.png"));
    await writeFile(join(folder, "empty.png"), "");
    await writeFile(join(folder, "text.png"), "not a picture");
    await symlink(join(folder, "plain.png"), join(folder, "link.png"));
  });
  after(() => rm(folder, { recursive: true }));

  const floats = new Float32Array(4 * 4 * 3).map((_, i) => [200, 100, 50][i % 3] / 255);
  const rgba = Uint8ClampedArray.from({ length: 4 * 4 * 4 }, (_, i) => [200, 100, 50, 255][i % 4]);
  const toArrayBuffer = (b: Buffer): ArrayBuffer => new Uint8Array(b).buffer;
  const inputs: [string, () => Promise<ImageInput> | ImageInput, number?][] = [
    ["a path", () => join(folder, "plain.png")],
    ["a path through a link", () => join(folder, "link.png")],
    ["a wrong extension", () => join(folder, "jpeg named.png"), 2],
    ["a file: URL", () => pathToFileURL(join(folder, "plain.png"))],
    ["a file: URL as text", () => pathToFileURL(join(folder, "plain.png")).href],
    ["a Buffer", () => plain().png().toBuffer()],
    ["an ArrayBuffer", async () => toArrayBuffer(await plain().png().toBuffer())],
    ["raw floats", () => ({ data: floats, width: 4, height: 4, channels: 3 })],
    ["raw RGBA", () => ({ data: rgba, width: 4, height: 4, channels: 4 })],
    ["a sharp instance", () => plain()],
    ["a sharp instance with operations", () => plain(40, 20).extract({ left: 20, top: 0, width: 9, height: 9 })],
    ["an Image", async () => readImage(await plain().png().toBuffer(), { size: 20 })],
    ["a 16-bit PNG", () => plain().toColourspace("rgb16").png().toBuffer(), 1],
    ["a PNG with few colours", () => plain().png({ palette: true }).toBuffer()],
    ["a picture with a Display P3 profile", () => plain().withIccProfile("p3").png().toBuffer(), 2],
    ["lossless WebP", () => plain().webp({ lossless: true }).toBuffer()],
    ["TIFF", () => plain().tiff().toBuffer(), 2],
    ["GIF", () => plain().gif().toBuffer(), 2],
    ["AVIF", () => plain().avif({ quality: 100 }).toBuffer(), 2],
    ["one pixel", () => plain(1, 1).png().toBuffer()],
    ["a line of pixels", () => plain(1, 3000).png().toBuffer()],
  ];
  for (const [name, make, tolerance = 0] of inputs) {
    it(`reads ${name}`, async () => {
      const image = await readImage(await make(), { size: 16 });
      assert.deepEqual([image.width, image.height, image.data.length], [16, 16, 768]);
      for (const [i, byte] of image.data.entries()) {
        assert.ok(Math.abs(byte - [200, 100, 50][i % 3]) <= tolerance, `byte ${i} is ${byte}`);
      }
    });
  }

  it("reads grey as equal channels, and lays transparency on white", async () => {
    const grey = await readImage({ data: new Uint8Array(4).fill(77), width: 2, height: 2, channels: 1 }, { size: 2 });
    assert.deepEqual([...grey.data], Array(12).fill(77));
    const half = await readImage({ data: Uint8Array.of(0, 0, 0, 128), width: 1, height: 1, channels: 4 }, { size: 1 });
    assert.ok(
      half.data.every((byte) => Math.abs(byte - 127) <= 1),
      String(half.data),
    );
  });

  it("crops to the centre after scaling the short side, in both directions", async () => {
    for (const [width, height] of [
      [90, 30],
      [30, 90],
    ]) {
      const data = new Uint8Array(width * height * 3);
      for (let i = 0; i < width * height; i++) {
        const along = width > height ? i % width : Math.floor(i / width);
        data.set(along < 30 ? [255, 0, 0] : along < 60 ? [0, 255, 0] : [0, 0, 255], i * 3);
      }
      const image = await readImage(new Image(width, height, data), { size: 30 });
      assert.deepEqual(
        [...image.data],
        Array.from({ length: 2700 }, (_, i) => (i % 3 === 1 ? 255 : 0)),
      );
      assert.deepEqual(image.source, { width, height });
    }
  });

  it("turns pictures upright before it crops, and reports the upright size", async () => {
    const lying = await gradient(40, 20).toSharp().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
    const image = await readImage(lying, { size: 20 });
    assert.deepEqual(image.source, { width: 20, height: 40 });
    // Turned by 90 degrees, red grows downwards.
    assert.ok(image.data[19 * 60] > image.data[0] + 50 && Math.abs(image.data[57] - image.data[0]) < 12);
  });

  const png = (): Promise<Buffer> => gradient(64, 64).toBuffer("png");
  const bad: [string, () => Promise<ImageInput> | unknown, string, RegExp][] = [
    ["an absent file", () => join(folder, "nothing.png"), "CP_IO_NOT_FOUND", /nothing\.png.*does not exist/],
    ["a folder", () => folder, "CP_IO_NOT_FILE", /regular file/],
    ["a device", () => "/dev/zero", "CP_IO_NOT_FILE", /regular file/],
    ["an empty file", () => join(folder, "empty.png"), "CP_IMAGE_FORMAT", /empty.*PNG, JPEG/],
    ["a text file", () => join(folder, "text.png"), "CP_IMAGE_FORMAT", /13 bytes of something else/],
    ["an empty buffer", () => Buffer.alloc(0), "CP_IMAGE_FORMAT", /an empty file/],
    ["random bytes", () => Buffer.from("\x07\x01\x02random", "latin1"), "CP_IMAGE_FORMAT", /AVIF/],
    ["SVG", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "CP_IMAGE_FORMAT", /PNG/],
    ["PDF", () => Buffer.from("%PDF-1.7 "), "CP_IMAGE_FORMAT", /PNG/],
    ["HEIC", () => Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"), "CP_IMAGE_FORMAT", /AVIF/],
    ["a float TIFF", () => floatTiff(1), "CP_IMAGE_FORMAT", /float/],
    ["a PNG cut short", async () => (await png()).subarray(0, -20), "CP_IMAGE_DECODE", /truncated/],
    [
      "half a JPEG",
      async () => (await gradient(64, 64).toBuffer("jpeg")).subarray(0, 700),
      "CP_IMAGE_DECODE",
      /truncated/,
    ],
    ["a PNG that ends in its header", async () => (await png()).subarray(0, 20), "CP_IMAGE_DECODE", /truncated/],
    ["a PNG with a bad checksum", async () => (await png()).fill(7, 60, 64), "CP_IMAGE_DECODE", /damaged/],
    ["a PNG of 16,000 × 16,000", () => pngClaiming(16000, 16000), "CP_IMAGE_TOO_LARGE", /16000 × 16000.*64 megapixels/],
    ["a PNG of 2³¹−1 × 1", () => pngClaiming(2 ** 31 - 1, 1), "CP_IMAGE_DECODE", /damaged/],
    ["a PNG of 0 × 0", () => pngClaiming(0, 0), "CP_IMAGE_DECODE", /damaged/],
    ["a file longer than the limit", () => Buffer.alloc(maxFileBytes + 1), "CP_IMAGE_TOO_LARGE", /67108864/],
    ["an http URL", () => "http://localhost/a.png", "CP_URL_FORBIDDEN", /no network/],
    ["an https URL object", () => new URL("https://localhost/a.png"), "CP_URL_FORBIDDEN", /no network/],
    ["a data URL", () => new URL("data:image/png;base64,AAAA"), "CP_ARG_RANGE", /file: URL/],
    ["a file URL with a host", () => "file://host/a.png", "CP_ARG_RANGE", /local path/],
    ["an empty path", () => "", "CP_ARG_RANGE", /a path/],
    ["a path with NUL", () => "a\0.png", "CP_ARG_RANGE", /u0000/],
    ["null", () => null, "CP_ARG_TYPE", /null/],
    ["a number", () => 7, "CP_ARG_TYPE", /got 7/],
    ["an object without data", () => ({ width: 1, height: 1 }), "CP_ARG_TYPE", /sharp instance/],
    [
      "raw data of a wrong length",
      () => ({ data: new Uint8Array(5), width: 2, height: 1, channels: 3 }),
      "CP_ARG_SHAPE",
      /6.*of 5/,
    ],
    [
      "raw data of a wrong type",
      () => ({ data: [1, 2, 3], width: 1, height: 1, channels: 3 }),
      "CP_ARG_TYPE",
      /Float32Array/,
    ],
    [
      "raw data with NaN",
      () => ({ data: Float32Array.of(0, Number.NaN, 0), width: 1, height: 1, channels: 3 }),
      "CP_ARG_RANGE",
      /value 1.*NaN/,
    ],
    [
      "five raw channels",
      () => ({ data: new Uint8Array(5), width: 1, height: 1, channels: 5 }),
      "CP_ARG_RANGE",
      /channels.*got 5/,
    ],
    [
      "raw data beyond the pixel limit",
      () => ({ data: new Uint8Array(1), width: 65535, height: 65535, channels: 1 }),
      "CP_IMAGE_TOO_LARGE",
      /65535/,
    ],
    ["a sharp instance of a broken file", () => sharp(Buffer.from("nothing")), "CP_IMAGE_DECODE", /sharp instance/],
  ];
  for (const [name, make, code, message] of bad) {
    it(`refuses ${name}`, () =>
      expectCode(async () => readImage((await make()) as ImageInput, { size: 8 }), code, message));
  }

  for (const [size, code] of [
    [0, "CP_ARG_RANGE"],
    [1.5, "CP_ARG_RANGE"],
    [Number.NaN, "CP_ARG_RANGE"],
    [1e9, "CP_ARG_RANGE"],
    ["64", "CP_ARG_TYPE"],
  ] as const) {
    it(`refuses the size ${JSON.stringify(size)}`, () =>
      expectCode(() => readImage(gradient(8, 8), { size: size as number }), code, /1 to 4096/));
  }
});

describe("Image", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "counterpoint-image-"));
  });
  after(() => rm(folder, { recursive: true }));

  const formats: [string, ImageFormat, number][] = [
    ["a.png", "png", 0],
    ["a.webp", "webp", 0],
    ["a.JPG", "jpeg", 6],
  ];
  for (const [name, format, tolerance] of formats) {
    it(`comes back from ${name} and from a ${format} buffer`, async () => {
      const image = gradient(24, 24);
      await image.toFile(join(folder, name));
      for (const input of [join(folder, name), await image.toBuffer(format)]) {
        const { data } = await readImage(input, { size: 24 });
        assert.ok(data.every((byte, i) => Math.abs(byte - image.data[i]) <= tolerance));
      }
    });
  }

  it("writes nothing where the folder is absent or the extension unknown, and leaves no temporary files", async () => {
    const image = gradient(4, 4);
    await expectCode(() => image.toFile(join(folder, "absent", "a.png")), "CP_IO_NOT_FOUND", /absent.*does not exist/);
    await expectCode(() => image.toFile(join(folder, "a.bmp")), "CP_ARG_RANGE", /\.png/);
    await expectCode(() => image.toFile(join(folder, "a.png", "b.png")), "CP_IO_NOT_FOUND");
    await expectCode(() => image.toBuffer("bmp" as ImageFormat), "CP_ARG_RANGE", /png, jpeg or webp/);
    assert.deepEqual((await readdir(folder)).sort(), ["a.JPG", "a.png", "a.webp"]);
  });

  it("checks what it is made of", async () => {
    await expectCode(() => new Image(2, 2, new Uint8Array(11)), "CP_ARG_SHAPE", /2 × 2 × 3 = 12/);
    await expectCode(() => new Image(0, 2, new Uint8Array(0)), "CP_ARG_RANGE");
    await expectCode(() => new Image(1, 1, [1, 2, 3] as unknown as Uint8Array), "CP_ARG_TYPE");
  });
});
