/** Bad input of every kind that reaches the public API: a CP_ code, what was expected and what came, nothing written. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { maxFileBytes } from "../../lib/conditions/read-image.js";
import {
  type ComposeOptions,
  Composer,
  type DecomposeOptions,
  type LoadOptions,
  maskingFromRectangles,
  Palette,
  type PartsInput,
  saveParts,
} from "../../lib/index.js";
import { expectCode } from "../conditions/expect-code.js";
import { picture, size, writeTinyModel } from "./tiny-model.js";

type Case = readonly [name: string, act: () => unknown, code: string, message: RegExp];

describe("bad input", () => {
  let weights = "";
  let folder = "";
  let composer: Composer;
  const file = (name: string) => join(folder, name);
  before(async () => {
    weights = await writeTinyModel();
    folder = await mkdtemp(join(tmpdir(), "counterpoint-bad-"));
    composer = await Composer.load({ device: "reference", weights });
    const png = await picture().toBuffer();
    await writeFile(file("empty.png"), "");
    await writeFile(file("truncated.png"), png.subarray(0, png.length - 200));
    await writeFile(file("huge.png"), png);
    await truncate(file("huge.png"), maxFileBytes + 1);
    await writeFile(file("text.png"), "This is no picture.");
  });
  after(async () => {
    await composer.close();
    await rm(folder, { recursive: true });
  });

  const image = picture();
  const compose = (parts: unknown, options?: unknown) =>
    composer.compose(parts as PartsInput, options as ComposeOptions);
  const decompose = (name: string, options?: unknown) => composer.decompose(file(name), options as DecomposeOptions);
  const load = (options: unknown) => Composer.load(options as LoadOptions);
  const ofOtherSize = () => maskingFromRectangles(picture(1, size + 1), []);
  const plane = (width: number, height: number, value = 0.5) => {
    return { width, height, data: new Float32Array(width * height).fill(value) };
  };

  const cases: readonly Case[] = [
    ["an absent file", () => decompose("absent.png"), "CP_IO_NOT_FOUND", /absent\.png.*does not exist/],
    ["an empty file", () => decompose("empty.png"), "CP_IMAGE_FORMAT", /expected PNG.*got an empty file/],
    ["a truncated file", () => decompose("truncated.png"), "CP_IMAGE_DECODE", /truncated or damaged/],
    ["a huge file", () => decompose("huge.png"), "CP_IMAGE_TOO_LARGE", new RegExp(`at most ${maxFileBytes} are read`)],
    ["a file that is no image", () => decompose("text.png"), "CP_IMAGE_FORMAT", /expected PNG.*got 19 bytes/],
    ["a mask of another size", () => compose({ masking: ofOtherSize() }), "CP_ARG_SHAPE", /16 × 16.*got.*17 × 17/],
    ["steps 0", () => compose({}, { steps: 0 }), "CP_ARG_RANGE", /"steps" must be an integer from 1 to 1000, got 0/],
    ["steps 1.5", () => compose({}, { steps: 1.5 }), "CP_ARG_RANGE", /got 1\.5/],
    ["steps NaN", () => compose({}, { steps: Number.NaN }), "CP_ARG_RANGE", /got NaN/],
    ["an unknown option", () => compose({}, { step: 3 }), "CP_ARG_UNKNOWN", /no option "step"; did you mean "steps"\?/],
    ["a bad colour", () => compose({ palette: ["#12345g"] }), "CP_ARG_RANGE", /colour like #1e90ff.*"#12345g"/],
    ["a folder that is absent", () => saveParts({}, file("no/parts")), "CP_IO_NOT_FOUND", /no.*create it first/],
    ["an image's folder absent", () => image.toFile(file("no/a.png")), "CP_IO_NOT_FOUND", /create it first/],

    ["an unknown part", () => compose({ pallete: [] }), "CP_ARG_UNKNOWN", /did you mean "palette"\?/],
    ["parts that are none", () => compose("a red cube"), "CP_ARG_TYPE", /object with any of caption/],
    ["options that are none", () => compose({}, 20), "CP_ARG_TYPE", /compose\(\) must be an object of options/],
    ["steps as text", () => compose({}, { steps: "20" }), "CP_ARG_TYPE", /an integer from 1 to 1000, got "20"/],
    ["an infinite guidance", () => compose({}, { guidance: Number.POSITIVE_INFINITY }), "CP_ARG_RANGE", /Infinity/],
    ["a negative seed", () => compose({}, { seed: -1 }), "CP_ARG_RANGE", /"seed"/],
    ["a signal that is none", () => compose({}, { signal: {} }), "CP_ARG_TYPE", /AbortSignal/],
    ["a wide plane", () => compose({ depth: plane(20, 10) }), "CP_ARG_SHAPE", /square.*20 × 10/],
    ["a plane with NaN", () => compose({ depth: plane(8, 8, Number.NaN) }), "CP_ARG_RANGE", /value 0 of the depth/],
    ["short semantics", () => compose({ semantics: Float32Array.of(1) }), "CP_ARG_SHAPE", /8 numbers/],
    ["a palette of 156", () => compose({ palette: Palette.fromImage(image, 4) }), "CP_ARG_SHAPE", /180 bins/],
    ["unguided not given", () => compose({}, { unguided: ["depth"] }), "CP_ARG_CONFLICT", /"depth".*\(none\)/],
    [
      "unguided unknown",
      () => compose({}, { unguided: ["dept"] }),
      "CP_ARG_RANGE",
      /got "dept"; did you mean "depth"\?/,
    ],
    ["only unknown", () => decompose("huge.png", { only: ["colour"] }), "CP_ARG_RANGE", /each one of "caption"/],
    ["a bad caption", () => decompose("huge.png", { caption: "\0" }), "CP_ARG_RANGE", /control characters/],
    ["an unknown device", () => load({ device: "gpu" }), "CP_ARG_RANGE", /one of "auto", "cpu", "cuda"/],
    ["a GPU without its number", () => load({ device: "cuda:" as never }), "CP_ARG_RANGE", /did you mean "cuda"/],
    ["no threads", () => load({ threads: 0 }), "CP_ARG_RANGE", /1 to 256, got 0/],
    ["no weights", () => load({ weights: file("absent") }), "CP_MODEL_NOT_FOUND", /composer-mini/],
  ];
  for (const [name, act, code, message] of cases) {
    it(`${name}: ${code}`, async () => {
      const before = await readdir(folder);
      await expectCode(act, code, message);
      assert.deepEqual(await readdir(folder), before);
    });
  }

  const broken: readonly [string, (bytes: Buffer) => Buffer, string, RegExp][] = [
    ["cut short", (bytes) => bytes.subarray(0, bytes.length - 1), "CP_WEIGHTS_TRUNCATED", /./],
    ["empty", () => Buffer.alloc(0), "CP_WEIGHTS_TRUNCATED", /8/],
    ["not a number", (bytes) => Buffer.concat([bytes.subarray(0, -4), nan]), "CP_WEIGHTS_NONFINITE", /NaN/],
    ["no JSON", (bytes) => replaced(bytes, '{"', "{!"), "CP_WEIGHTS_HEADER_INVALID", /byte/],
    [
      "another net's",
      (bytes) => replaced(bytes, '\\"width\\":16', '\\"width\\":32'),
      "CP_WEIGHTS_SHAPE",
      /of another shape/,
    ],
    [
      "an impossible net's",
      (bytes) => replaced(bytes, '\\"groups\\":4', '\\"groups\\":5'),
      "CP_CONFIG_INVALID",
      /no net/,
    ],
    [
      "a field out of range",
      (bytes) => replaced(bytes, '\\"blocks\\":1', '\\"blocks\\":0'),
      "CP_CONFIG_INVALID",
      /blocks/,
    ],
    [
      "another prediction's",
      (bytes) => replaced(bytes, '"prediction":"v"', '"prediction":"w"'),
      "CP_CONFIG_INVALID",
      /"w"/,
    ],
    ["with other words", (bytes) => replaced(bytes, '\\"words\\":32', '\\"words\\":31'), "CP_CONFIG_INVALID", /31/],
  ];
  for (const [name, damage, code, message] of broken) {
    it(`weights ${name}: ${code}`, async () => {
      const copy = await mkdtemp(join(tmpdir(), "counterpoint-broken-"));
      try {
        await cp(weights, copy, { recursive: true });
        const path = join(copy, "composer-mini.safetensors");
        await writeFile(path, damage(await readFile(path)));
        await expectCode(() => Composer.load({ device: "reference", weights: copy }), code, message);
      } finally {
        await rm(copy, { recursive: true });
      }
    });
  }

  it("a good call works after all that", async () => {
    const parts = await composer.decompose(image, { only: ["sketch"] });
    assert.deepEqual(Object.keys(parts), ["sketch"]);
    assert.equal((await composer.compose(parts, { steps: 1 })).images.length, 1);
  });
});

const nan = Buffer.from(Float32Array.of(Number.NaN).buffer);

/** The bytes with the first `from` replaced by `to`, which is as long. */
function replaced(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(from);
  assert.ok(at >= 0 && from.length === to.length, from);
  copy.write(to, at);
  return copy;
}
