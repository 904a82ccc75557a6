import assert from "node:assert/strict";
import sharp from "sharp";
import type { Condition } from "../../lib/conditions/condition.js";
import { depth } from "../../lib/conditions/depth.js";
import { Image } from "../../lib/conditions/image.js";
import { type IntensityWeights, intensity, intensityOf } from "../../lib/conditions/intensity.js";
import type { Plane } from "../../lib/conditions/plane.js";
import { sketch, sketchOf } from "../../lib/conditions/sketch.js";
import { uniformStream } from "../../lib/graph/random.js";
import { expectCode } from "./expect-code.js";

const plane = (width: number, height: number, value: (x: number, y: number) => number): Plane => ({
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
});

const picture = (side: number, colour: (x: number, y: number) => number[]): Image => {
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i++) data.set(colour(i % side, Math.floor(i / side)), i * 3);
  return new Image(side, side, data);
};

for (const condition of [depth, intensity, sketch] as Condition<Plane>[]) {
  const { name } = condition;
  describe(`the plane of ${name}`, () => {
    it("is itself at its own size, and keeps its mean at others", () => {
      const draw = uniformStream(5, 0);
      const value = plane(12, 12, draw);
      assert.equal(condition.toPlane!(value, 12), value.data);
      const mean = (data: Float32Array): number => data.reduce((a, b) => a + b) / data.length;
      for (const size of [1, 3, 4, 6, 8, 12, 24, 30]) {
        const resized = condition.toPlane!(value, size);
        assert.equal(resized.length, size * size);
        assert.ok(Math.abs(mean(resized) - mean(value.data)) < 1e-6, `size ${size}`);
      }
      assert.deepEqual(
        [
          ...condition.toPlane!(
            plane(4, 4, (x) => Number(x > 1)),
            2,
          ),
        ],
        [0, 1, 0, 1],
      );
      assert.deepEqual(
        [
          ...condition.toPlane!(
            plane(2, 2, (x, y) => (x + y) / 2),
            3,
          ),
        ].slice(0, 3),
        [0, 0.25, 0.5],
      );
    });

    it("survives its 16-bit PNG to half a step, and 8-bit and coloured PNGs are read", async () => {
      const draw = uniformStream(6, 0);
      const value = plane(9, 5, draw);
      const { png } = await condition.write(value);
      assert.equal((await sharp(png).metadata()).depth, "ushort");
      const loaded = await condition.read({ png: png!, json: Buffer.alloc(0) });
      assert.deepEqual([loaded.width, loaded.height], [9, 5]);
      assert.ok(loaded.data.every((v, i) => Math.abs(v - value.data[i]) <= 0.5 / 65535 + 1e-7));
      const bytes = Uint8Array.from({ length: 12 }, (_, i) => [0, 128, 255, 51][Math.floor(i / 3)]);
      const coloured = await sharp(bytes, { raw: { width: 2, height: 2, channels: 3 } })
        .png()
        .toBuffer();
      const read = await condition.read({ png: coloured, json: Buffer.alloc(0) });
      assert.deepEqual(read.data, Float32Array.of(0, 128 / 255, 1, 0.2));
    });

    const square = plane(2, 2, () => 0.5);
    const bad: [string, () => unknown, string, RegExp][] = [
      ["null", () => condition.check(null), "CP_ARG_TYPE", /null/],
      ["a bare array", () => condition.check(new Float32Array(4)), "CP_ARG_TYPE", /Float32Array of 4/],
      [
        "bytes as data",
        () => condition.check({ ...square, data: new Uint8Array(4) }),
        "CP_ARG_TYPE",
        /Float32Array.*Uint8Array/,
      ],
      [
        "data of a wrong length",
        () => condition.check({ ...square, data: new Float32Array(5) }),
        "CP_ARG_SHAPE",
        /= 4 values.*of 5/,
      ],
      ["a width of 0", () => condition.check({ ...square, width: 0 }), "CP_ARG_RANGE", /width/],
      ["a width as text", () => condition.check({ ...square, width: "2" }), "CP_ARG_TYPE", /width/],
      ["a value above 1", () => condition.check(plane(2, 2, () => 1.5)), "CP_ARG_RANGE", /value 0.*1\.5/],
      ["NaN", () => condition.check(plane(2, 2, (x) => (x ? Number.NaN : 0))), "CP_ARG_RANGE", /value 1.*NaN/],
      [
        "a plane that is not square",
        () =>
          condition.toPlane!(
            plane(4, 2, () => 0),
            2,
          ),
        "CP_ARG_SHAPE",
        /4 × 2/,
      ],
      [
        "planes of two sizes",
        () =>
          condition.distance(
            square,
            plane(3, 3, () => 0),
          ),
        "CP_ARG_SHAPE",
        /2 × 2.*3 × 3/,
      ],
      [
        "a file that is no image",
        () => condition.read({ png: Buffer.from("x"), json: Buffer.alloc(0) }),
        "CP_IMAGE_FORMAT",
        /\.png/,
      ],
    ];
    for (const [what, act, code, message] of bad) {
      it(`refuses ${what}`, () => expectCode(act, code, message));
    }
  });
}

describe("depth", () => {
  it("has the root mean squared difference as distance", () => {
    const wanted = plane(2, 1, () => 0.5);
    assert.deepEqual(depth.distance(wanted, wanted), { depthRmse: 0 });
    const { depthRmse } = depth.distance(
      wanted,
      plane(2, 1, (x) => [0.8, 0.1][x]),
    );
    assert.ok(Math.abs(depthRmse! - Math.sqrt((0.09 + 0.16) / 2)) < 1e-7);
  });
});

describe("intensity", () => {
  const cases: [IntensityWeights | undefined, number][] = [
    [undefined, (0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255],
    ["bt601", (0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255],
    ["bt709", (0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50) / 255],
    ["mean", 350 / 765],
    ["red", 200 / 255],
    ["green", 100 / 255],
    ["blue", 50 / 255],
  ];
  for (const [weights, expected] of cases) {
    it(`with ${weights ?? "default"} weights is the weighted sum, and white is 1`, () => {
      const grey = intensityOf(
        picture(2, (x) => (x ? [255, 255, 255] : [200, 100, 50])),
        weights,
      );
      assert.ok(Math.abs(grey.data[0] - expected) < 1e-6);
      assert.equal(grey.data[1], 1);
      assert.equal(intensity.check(grey), grey);
    });
  }

  it("refuses unknown weights", () =>
    expectCode(
      () =>
        intensityOf(
          picture(2, () => [0, 0, 0]),
          "toString" as IntensityWeights,
        ),
      "CP_ARG_RANGE",
      /bt601/,
    ));

  it("has the PSNR as distance: 20 dB for an error of a tenth, 100 dB for none", () => {
    const grey = plane(3, 3, () => 0.5);
    const { intensityPsnr } = intensity.distance(
      grey,
      plane(3, 3, (x) => 0.5 + (x === 1 ? 0.1 : -0.1)),
    );
    assert.ok(Math.abs(intensityPsnr! - 20) < 1e-5);
    assert.deepEqual(intensity.distance(grey, grey), { intensityPsnr: 100 });
  });
});

describe("sketch", () => {
  const light = [220, 220, 220];
  const dark = [40, 40, 40];
  const strokePixels = ({ data }: Plane): number => data.reduce((count, value) => count + Number(value > 0), 0);

  it("draws a straight edge as one line of one pixel beside it, wherever it runs", () => {
    for (const side of [16, 64, 100]) {
      const at = side / 2;
      const vertical = sketchOf(picture(side, (x) => (x < at ? dark : light)));
      const horizontal = sketchOf(picture(side, (_, y) => (y < at ? light : dark)));
      for (let i = 0; i < side; i++) {
        const across = Array.from({ length: side }, (_, x) => vertical.data[i * side + x]);
        const down = Array.from({ length: side }, (_, y) => horizontal.data[y * side + i]);
        for (const profile of [across, down]) {
          const hits = profile.flatMap((value, x) => (value > 0 ? [x] : []));
          assert.equal(hits.length, 1, `side ${side}, line ${i}: ${hits}`);
          assert.ok(hits[0] === at || hits[0] === at - 1);
        }
      }
    }
  });

  it("draws a circle within a pixel of it, closed and thin", () => {
    const radius = 20.3;
    const { data, width } = sketchOf(picture(64, (x, y) => (Math.hypot(x - 31.5, y - 31.5) < radius ? light : dark)));
    const angles = new Set<number>();
    data.forEach((value, i) => {
      if (value > 0) {
        const [x, y] = [(i % width) - 31.5, Math.floor(i / width) - 31.5];
        assert.ok(Math.abs(Math.hypot(x, y) - radius) < 1.2, `${x} ${y}`);
        angles.add(Math.floor((Math.atan2(y, x) / Math.PI + 1) * 30));
      }
    });
    assert.ok(angles.size >= 60, `${angles.size} of 60 sectors`);
    const pixels = strokePixels({ data, width, height: width });
    assert.ok(pixels < 1.35 * 2 * Math.PI * radius, `${pixels} pixels`);
  });

  it("sees edges between colours of equal luma", () => {
    // BT.601 luma 84.99 and 85.02.
    const { data } = sketchOf(picture(32, (x) => (x < 16 ? [220, 30, 14] : [20, 105, 152])));
    assert.ok(data.filter((value) => value > 0.9).length >= 32);
  });

  it("draws nothing on flat colour, soft gradients, faint noise and single specks", () => {
    const draw = uniformStream(2, 0);
    const blanks = [
      picture(64, () => [77, 10, 200]),
      picture(64, (x, y) => [x * 2, y * 2, 100]),
      picture(64, () => [100 + draw() * 8, 100 + draw() * 8, 100 + draw() * 8]),
      new Image(1, 1, Uint8Array.of(1, 2, 3)),
    ];
    for (const blank of blanks) assert.equal(strokePixels(sketchOf(blank)), 0);
  });

  it("gives fainter edges fainter strokes, all of them within 0…1", () => {
    const top = (step: number): number =>
      Math.max(...sketchOf(picture(32, (x) => (x < 16 ? [80, 80, 80] : [80 + step, 80 + step, 80 + step]))).data);
    const tops = [4, 35, 60, 170].map(top);
    assert.equal(tops[0], 0);
    assert.ok(tops[1] >= 0.25 && tops[1] < tops[2] && tops[2] < tops[3] && tops[3] === 1, String(tops));
  });

  it("scores by F1 at one pixel of tolerance", () => {
    const line = (at: number): Plane => plane(16, 16, (x) => Number(x === at));
    const cases: [Plane, Plane, number][] = [
      [line(5), line(5), 1],
      [line(5), line(6), 1],
      [line(5), line(7), 0],
      [line(5), plane(16, 16, () => 0), 0],
      [plane(16, 16, () => 0), plane(16, 16, () => 0.2), 1],
      // All wanted strokes are met, half of those drawn are wanted: 2 · 1 · ½ ÷ 1½.
      [line(3), plane(16, 16, (x) => Number(x === 3 || x === 12)), 2 / 3],
    ];
    for (const [wanted, got, expected] of cases) {
      assert.ok(Math.abs(sketch.distance(wanted, got).sketchF1! - expected) < 1e-12);
    }
  });

  it("is found again in a picture drawn a little differently", () => {
    const draw = uniformStream(8, 0);
    const scene = (noise: number): Image =>
      picture(64, (x, y) => {
        const base = Math.hypot(x - 30, y - 34) < 15 ? [200, 60, 50] : y > 40 ? [120, 120, 120] : [150, 190, 230];
        return base.map((v) => v + (draw() - 0.5) * noise);
      });
    const { sketchF1 } = sketch.distance(sketchOf(scene(0)), sketchOf(scene(12)));
    assert.ok(sketchF1! > 0.95, String(sketchF1));
  });
});
