/** decompose() with a tiny random model: what comes back, by which options, and when there is a caption. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { captionOfObjects } from "../../lib/composer/describe.js";
import { Composer, Palette, sketchOf } from "../../lib/index.js";
import type { FoundObject } from "../../lib/models/percept-decode.js";
import { picture, size, writeTinyModel } from "./tiny-model.js";

describe("decompose", () => {
  let composer: Composer;
  before(async () => {
    composer = await Composer.load({ device: "cpu", weights: await writeTinyModel() });
  });
  after(() => composer.close());

  it("gives every representation but masking, of the cropped picture", async () => {
    const image = picture();
    const parts = await composer.decompose(image, { caption: "a cube" });
    const expected = ["caption", "depth", "instances", "intensity", "palette", "semantics", "sketch"];
    assert.deepEqual(Object.keys(parts).sort(), expected);
    assert.equal(parts.caption, "a cube");
    assert.deepEqual(parts.sketch, sketchOf(image));
    assert.equal(parts.palette!.distance(Palette.fromImage(image)), 0);
    assert.equal(parts.semantics!.length, 8);
    assert.ok(Math.abs(Math.hypot(...parts.semantics!) - 1) < 1e-5);
    assert.deepEqual([parts.depth!.width, parts.depth!.height, parts.depth!.data.length], [size, size, size * size]);
    assert.equal(parts.instances!.map.length, size * size);
  });

  it("gives what `only` names", async () => {
    const input = sharp({ create: { width: 90, height: 40, channels: 3, background: "#308040" } });
    const parts = await composer.decompose(input, { only: ["masking", "intensity"] });
    assert.deepEqual(Object.keys(parts), ["intensity", "masking"]);
    assert.ok(parts.masking!.mask.every((kept) => kept === 1));
    assert.deepEqual([...parts.masking!.rgb.subarray(0, 3)], [0x30, 0x80, 0x40]);
    assert.deepEqual(await composer.decompose(input, { only: [] }), {});
  });

  it("gives the same for a picture whatever else is being taken apart", async () => {
    const pictures = [1, 2, 3, 4].map((seed) => picture(seed));
    const together = await Promise.all(pictures.map((it) => composer.decompose(it)));
    for (const [i, it] of pictures.entries()) assert.deepEqual(await composer.decompose(it), together[i]);
    assert.notDeepEqual(together[0].depth, together[1].depth);
  });
});

describe("captionOfObjects", () => {
  const found = (changes: Partial<FoundObject> = {}, doubt: Partial<FoundObject["confidence"]> = {}): FoundObject => ({
    shape: 1,
    colour: 1,
    size: 1,
    material: 0,
    confidence: { shape: 0.9, colour: 0.9, size: 0.9, material: 0.9, ...doubt },
    peak: 0.9,
    centreX: 0.2,
    centreY: 0.5,
    depth: 0.5,
    area: 0.1,
    ...changes,
  });
  const cases: readonly [string, readonly FoundObject[], string | undefined][] = [
    ["nothing", [], undefined],
    ["a sure object", [found()], "a large red rubber cube"],
    ["an object of doubtful colour and material", [found({}, { colour: 0.5, material: 0.5 })], "a large cube"],
    ["an object of doubtful shape", [found({}, { shape: 0.5 })], undefined],
    ["a faint object", [found({ peak: 0.4 })], undefined],
    [
      "a sure object beside a smaller doubtful one",
      [found(), found({ peak: 0.3, area: 0.05 })],
      "a large red rubber cube",
    ],
    ["a sure object beside a larger doubtful one", [found(), found({ peak: 0.3, area: 0.2 })], undefined],
    [
      "two sure objects",
      [found(), found({ shape: 0, colour: 2, size: 0, centreX: 0.8 })],
      "a large red rubber cube left of a small blue rubber sphere",
    ],
  ];
  for (const [name, objects, caption] of cases) {
    it(name, () => assert.equal(captionOfObjects(objects), caption));
  }
});
