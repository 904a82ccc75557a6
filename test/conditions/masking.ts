import assert from "node:assert/strict";
import sharp from "sharp";
import { Image } from "../../lib/conditions/image.js";
import {
  type Masking,
  masking,
  maskingFromImage,
  maskingFromRectangles,
  maskingOf,
} from "../../lib/conditions/masking.js";
import { randomMask } from "../../lib/conditions/random-mask.js";
import { readImage } from "../../lib/conditions/read-image.js";
import { expectCode } from "./expect-code.js";

const ramp = (side: number): Image =>
  new Image(
    side,
    side,
    Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7) % 256),
  );
const grey = (width: number, height: number, value: (x: number) => number): Image =>
  new Image(
    width,
    height,
    Uint8Array.from({ length: width * height * 3 }, (_, i) => value(Math.floor(i / 3) % width)),
  );

describe("masking", () => {
  it("has RGB in −1…1 where kept, zeros elsewhere, and the mask as the fourth channel", () => {
    const image = new Image(2, 1, Uint8Array.of(0, 255, 51, 9, 9, 9));
    const value = maskingOf(image, Uint8Array.of(1, 0));
    assert.deepEqual([...value.rgb], [0, 255, 51, 0, 0, 0]);
    const square = maskingOf(
      new Image(
        2,
        2,
        Uint8Array.from({ length: 12 }, () => 255),
      ),
      Uint8Array.of(1, 0, 0, 1),
    );
    assert.deepEqual([...masking.toPlane!(square, 2)], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    assert.deepEqual(
      [...masking.toPlane!(square, 4)].filter((_, i) => i % 4 === 3),
      [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1],
    );
    const plane = masking.toPlane!(maskingOf(new Image(1, 1, Uint8Array.of(0, 255, 51)), Uint8Array.of(1)), 1);
    assert.deepEqual([...plane], [-1, 1, Math.fround(51 / 127.5 - 1), 1]);
  });

  it("from rectangles paints exactly their pixels", () => {
    const { mask } = maskingFromRectangles(ramp(4), [
      { left: 1, top: 0, width: 2, height: 1 },
      { left: 3, top: 3, width: 1, height: 1 },
    ]);
    assert.deepEqual([...mask], [1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it("from a picture keeps what is white; the mask is cropped like the image or already cropped", async () => {
    const image = await readImage(
      grey(60, 40, (x) => x),
      { size: 8 },
    );
    const leftHalf = (width: number, height: number): Image => grey(width, height, (x) => (x < width / 2 ? 255 : 0));
    const expected = Array.from({ length: 64 }, (_, i) => Number(i % 8 < 4));
    for (const [width, height] of [
      [60, 40],
      [8, 8],
    ]) {
      const mask = await readImage(leftHalf(width, height), { size: 8 });
      assert.deepEqual([...maskingFromImage(image, mask).mask], expected);
    }
    const other = await readImage(leftHalf(61, 40), { size: 8 });
    await expectCode(() => maskingFromImage(image, other), "CP_ARG_SHAPE", /the mask.*61 × 40/);
  });

  it("measures the mean error of kept pixels only", () => {
    const image = ramp(4);
    const changed = new Image(
      4,
      4,
      image.data.map((byte, i) => (i < 24 ? byte : 255 - byte)),
    );
    const topHalf = Uint8Array.from({ length: 16 }, (_, i) => Number(i < 8));
    const wanted = maskingOf(image, topHalf);
    assert.deepEqual(masking.distance(wanted, masking.extract!(changed, wanted)), { maskError: 0 });
    const lifted = new Image(
      4,
      4,
      image.data.map((byte) => (byte < 200 ? byte + 51 : byte - 51)),
    );
    assert.ok(Math.abs(masking.distance(wanted, masking.extract!(lifted, wanted)).maskError! - 0.2) < 1e-12);
    const nothing = maskingOf(image, new Uint8Array(16));
    assert.deepEqual(masking.distance(nothing, nothing), { maskError: 0 });
    assert.ok(masking.extract!(image).mask.every((kept) => kept === 1));
  });

  it("survives its RGBA PNG to the bit, and opaque files are kept whole", async () => {
    const value = maskingOf(ramp(9), randomMask(9, 3));
    const { png } = await masking.write(value);
    assert.deepEqual(await masking.read({ png: png!, json: Buffer.alloc(0) }), value);
    const opaque = await masking.read({ png: await ramp(9).toBuffer(), json: Buffer.alloc(0) });
    assert.deepEqual(opaque, masking.extract!(ramp(9)));
    const greyAlpha = await sharp(Uint8Array.of(7, 255, 9, 0), { raw: { width: 2, height: 1, channels: 2 } })
      .png()
      .toBuffer();
    assert.deepEqual(await masking.read({ png: greyAlpha, json: Buffer.alloc(0) }), {
      width: 2,
      height: 1,
      rgb: Uint8Array.of(7, 7, 7, 0, 0, 0),
      mask: Uint8Array.of(1, 0),
    });
  });

  const good: Masking = maskingOf(ramp(4), new Uint8Array(16).fill(1));
  const wide: Masking = { width: 2, height: 1, rgb: new Uint8Array(6), mask: new Uint8Array(2) };
  const region = { left: 0, top: 0, width: 1, height: 1 };
  const bad: [string, () => unknown, string, RegExp][] = [
    ["null", () => masking.check(null), "CP_ARG_TYPE", /null/],
    ["a mask of another size", () => maskingOf(ramp(4), new Uint8Array(25)), "CP_ARG_SHAPE", /4 × 4 = 16.*of 25/],
    ["a mask value of 2", () => maskingOf(ramp(1), Uint8Array.of(2)), "CP_ARG_RANGE", /1 \(kept\) or 0.*got 2/],
    ["a float mask", () => masking.check({ ...good, mask: new Float32Array(16) }), "CP_ARG_TYPE", /Float32Array/],
    ["too little rgb", () => masking.check({ ...good, rgb: new Uint8Array(16) }), "CP_ARG_SHAPE", /= 48/],
    ["a plane that is not square", () => masking.toPlane!(wide, 2), "CP_ARG_SHAPE", /square/],
    ["maskings of two sizes", () => masking.distance(good, wide), "CP_ARG_SHAPE", /4 × 4.*2 × 1/],
    [
      "an empty rectangle",
      () => maskingFromRectangles(ramp(4), [{ ...region, width: 0 }]),
      "CP_ARG_RANGE",
      /1 to 4 for the width of rectangle 0/,
    ],
    [
      "a rectangle outside",
      () => maskingFromRectangles(ramp(4), [region, { ...region, left: 4 }]),
      "CP_ARG_RANGE",
      /left of rectangle 1/,
    ],
    [
      "a rectangle that sticks out",
      () => maskingFromRectangles(ramp(4), [{ ...region, top: 2, height: 3 }]),
      "CP_ARG_RANGE",
      /1 to 2/,
    ],
    ["half pixels", () => maskingFromRectangles(ramp(4), [{ ...region, left: 0.5 }]), "CP_ARG_RANGE", /integer/],
    [
      "a file that is no image",
      () => masking.read({ png: Buffer.alloc(9), json: Buffer.alloc(0) }),
      "CP_IMAGE_FORMAT",
      /masking\.png/,
    ],
  ];
  for (const [name, act, code, message] of bad) {
    it(`refuses ${name}`, () => expectCode(act, code, message));
  }
});

describe("randomMask", () => {
  const count = 1000;
  const masks = Array.from({ length: count }, (_, index) => randomMask(64, 11, index));
  const keptShare = (mask: Uint8Array): number => mask.reduce((a, b) => a + b, 0) / mask.length;

  it("is a pure function of seed and index", () => {
    assert.deepEqual(randomMask(64, 11, 5), masks[5]);
    assert.notDeepEqual(randomMask(64, 12, 5), masks[5]);
    assert.notDeepEqual(masks[6], masks[5]);
  });

  it("holds zeros and ones, covers something in nearly every mask, and one half in about a tenth", () => {
    assert.ok(masks.every((mask) => mask.every((value) => value <= 1)));
    const untouched = masks.filter((mask) => keptShare(mask) === 1).length;
    assert.ok(untouched < count / 100, `${untouched} cover nothing`);
    const halves = masks.filter((mask) => {
      const rows = new Set(Array.from({ length: 64 }, (_, y) => mask.subarray(y * 64, y * 64 + 64).join("")));
      const isColumns = rows.size === 1;
      const isRows = rows.size === 2 && [...rows].every((row) => new Set(row.replaceAll(",", "")).size === 1);
      return keptShare(mask) === 0.5 && (isColumns || isRows);
    }).length;
    assert.ok(halves > 70 && halves < 130, `${halves} halves`);
    const mean = masks.reduce((sum, mask) => sum + keptShare(mask), 0) / count;
    assert.ok(mean > 0.5 && mean < 0.9, `mean share kept ${mean}`);
  });

  it("shows the same shapes at every size", () => {
    for (let index = 0; index < 20; index++) {
      const large = randomMask(256, 11, index);
      const small = masks[index];
      let different = 0;
      // A centre of the small mask lies between four centres of the large one.
      small.forEach((kept, i) => {
        const at = (Math.floor(i / 64) * 4 + 2) * 256 + (i % 64) * 4 + 2;
        different += Number(large[at] !== kept);
      });
      assert.ok(different / 4096 < 0.05, `${different} pixels differ`);
    }
  });
});
