import assert from "node:assert/strict";
import { converter, differenceEuclidean, formatHex } from "culori";
import { codebookOf } from "../../lib/conditions/codebook.js";
import { earthMoversDistance } from "../../lib/conditions/earth-mover.js";
import { Image } from "../../lib/conditions/image.js";
import { labOfRgb8 } from "../../lib/conditions/lab.js";
import { Palette, palette } from "../../lib/conditions/palette.js";
import { uniformStream } from "../../lib/graph/random.js";
import { expectCode } from "./expect-code.js";

const toLab = converter("lab65");
const bytes = (count: number, seed: number): Uint8Array => {
  const draw = uniformStream(seed, 0);
  return Uint8Array.from({ length: count }, () => Math.floor(draw() * 256));
};

describe("Lab", () => {
  it("agrees with culori to 1e-10 on a grid and on the dark end", () => {
    const lab = new Float64Array(3);
    const levels = [0, 1, 2, 5, 10, 11, 40, 85, 128, 200, 254, 255];
    for (const r of levels) {
      for (const g of levels) {
        for (const b of levels) {
          labOfRgb8(r, g, b, lab);
          const expected = toLab({ mode: "rgb", r: r / 255, g: g / 255, b: b / 255 });
          const error = Math.hypot(lab[0] - expected.l, lab[1] - expected.a, lab[2] - expected.b);
          // Greys are made exactly colourless by culori and are colourless up to rounding here.
          assert.ok(error < (r === g && g === b ? 1e-4 : 1e-10), `${r} ${g} ${b}: ${error}`);
        }
      }
    }
  });
});

describe("codebook", () => {
  // Sizes, spacing and sums under smoothing as computed independently from the published code.
  const cases = [
    { numLight: 4, bins: 156, median: 12.6, sums: [0.85, 1.25] },
    { numLight: 5, bins: 180, median: 11.3, sums: [0.81, 1.26] },
  ];
  for (const { numLight, bins, median, sums } of cases) {
    const codebook = codebookOf(numLight);

    it(`of ${numLight} lights has ${bins} different colours with the known spacing`, () => {
      assert.equal(codebook.size, bins);
      assert.equal(new Set(codebook.hex).size, bins);
      const spacing = codebook.hex.map((_, i) => {
        const row = [...codebook.distances.subarray(i * bins, (i + 1) * bins)];
        return Math.min(...row.filter((_, j) => j !== i));
      });
      spacing.sort((a, b) => a - b);
      assert.ok(Math.abs(spacing[0] - 1.56) < 0.02, String(spacing[0]));
      assert.ok(Math.abs((spacing[bins / 2] + spacing[bins / 2 - 1]) / 2 - median) < 0.06);
      assert.ok(Math.abs(spacing[bins - 1] - 21.2) < 0.06, String(spacing[bins - 1]));
    });

    it(`of ${numLight} lights smooths one bin to the known range of sums and peaks`, () => {
      const rows = codebook.hex.map((_, bin) => codebook.smooth(codebook.hex.map((_, i) => (i === bin ? 1 : 0))));
      const totals = rows.map((row) => row.reduce((a, b) => a + b));
      const tops = rows.map((row) => Math.max(...row));
      const near = (value: number, expected: number): void => assert.ok(Math.abs(value - expected) < 0.006, `${value}`);
      near(Math.min(...totals), sums[0]);
      near(Math.max(...totals), sums[1]);
      assert.ok(Math.min(...tops) > 0.175 && Math.max(...tops) < 0.815);
    });

    it(`of ${numLight} lights finds what an exhaustive search by culori's Lab finds`, () => {
      const difference = differenceEuclidean("lab65");
      const book = codebook.hex.map((_, i) => {
        const [l, a, b] = codebook.lab.subarray(i * 3, i * 3 + 3);
        return { mode: "lab65" as const, l, a, b };
      });
      const rgb = bytes(3 * 400, numLight);
      for (let i = 0; i < rgb.length; i += 3) {
        const [r, g, b] = rgb.subarray(i, i + 3);
        const colour = toLab({ mode: "rgb", r: r / 255, g: g / 255, b: b / 255 });
        const distances = book.map((entry) => difference(entry, colour));
        const found = codebook.binOf(r, g, b);
        assert.ok(distances[found] - Math.min(...distances) < 1e-9, `${r} ${g} ${b}`);
        assert.equal(codebook.binOf(r, g, b), found, "the cached answer");
      }
    });

    it(`of ${numLight} lights writes every bin as a hex colour that is found again`, () => {
      for (const [bin, hex] of codebook.hex.entries()) {
        assert.equal(Palette.fromColors([hex], numLight).histogram[bin], 1, hex);
      }
    });
  }

  it("orders bins as the published code does: hue by hue from the top, greys from white to black", () => {
    const { hex, lab } = codebookOf(5);
    assert.equal(hex[5], "#ff0000");
    assert.equal(hex[0], formatHex({ mode: "hsv", h: 0, s: 1 / 6, v: 1 }));
    assert.equal(hex[6], formatHex({ mode: "hsv", h: 0, s: 1, v: 1 - 0.8 / 6 }));
    assert.equal(hex[11], formatHex({ mode: "hsv", h: 0, s: 0.4, v: 1 - 0.8 / 6 }));
    assert.equal(hex[5 * 15 + 5], "#00ffff");
    assert.deepEqual([hex[165], hex[179]], ["#ffffff", "#000000"]);
    assert.ok(Math.abs(lab[165 * 3] - 100) < 1e-9);
  });
});

/** EMD of two histograms of equal integer masses: the best of all ways to pair the units. */
function bruteForceEmd(p: number[], q: number[], distances: Float64Array): number {
  const units = (histogram: number[]): number[] => histogram.flatMap((count, bin) => Array<number>(count).fill(bin));
  const from = units(p);
  const best = (left: number[], right: number[]): number => {
    if (left.length === 0) return 0;
    return Math.min(
      ...right.map(
        (bin, k) =>
          distances[left[0] * p.length + bin] +
          best(
            left.slice(1),
            right.filter((_, j) => j !== k),
          ),
      ),
    );
  };
  return best(from, units(q)) / from.length;
}

describe("earth mover's distance", () => {
  it("equals the best pairing of units found by trying all", () => {
    const draw = uniformStream(3, 0);
    for (let trial = 0; trial < 60; trial++) {
      const bins = 6;
      const points = Array.from({ length: bins }, () => [draw(), draw(), draw()]);
      const distances = Float64Array.from({ length: bins * bins }, (_, i) => {
        const [a, b] = [points[Math.floor(i / bins)], points[i % bins]];
        return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      });
      const histogram = (): number[] => {
        const counts = Array<number>(bins).fill(0);
        for (let unit = 0; unit < 6; unit++) counts[Math.floor(draw() * bins)]++;
        return counts;
      };
      const [p, q] = [histogram(), histogram()];
      const expected = bruteForceEmd(p, q, distances);
      assert.ok(Math.abs(earthMoversDistance(p, q, distances) - expected) < 1e-9, `${p} to ${q}`);
    }
  });

  it("on a line equals the area between the cumulative histograms, with many bins of real masses", () => {
    const draw = uniformStream(4, 0);
    const bins = 120;
    const distances = Float64Array.from({ length: bins * bins }, (_, i) => Math.abs(Math.floor(i / bins) - (i % bins)));
    for (let trial = 0; trial < 3; trial++) {
      const p = Array.from({ length: bins }, draw);
      const q = Array.from({ length: bins }, draw);
      const [sumP, sumQ] = [p, q].map((h) => h.reduce((a, b) => a + b));
      let [cumulative, expected] = [0, 0];
      for (let i = 0; i < bins; i++) {
        cumulative += p[i] / sumP - q[i] / sumQ;
        expected += Math.abs(cumulative);
      }
      assert.ok(Math.abs(earthMoversDistance(p, q, distances) - expected) < 1e-9);
    }
  });
});

describe("Palette", () => {
  const image = new Image(32, 32, bytes(32 * 32 * 3, 9));

  it("counts every pixel once, and halves of two colours as halves", () => {
    const data = Uint8Array.from({ length: 4 * 2 * 3 }, (_, i) => (i < 12 ? [255, 0, 0][i % 3] : 255));
    assert.deepEqual(Palette.fromImage(new Image(4, 2, data)).swatches(), [
      { hex: "#ff0000", share: 0.5 },
      { hex: "#ffffff", share: 0.5 },
    ]);
    assert.ok(Math.abs(Palette.fromImage(image).histogram.reduce((a, b) => a + b) - 1) < 1e-12);
  });

  it("has distance 0 and intersection 1 to itself, and is symmetric", () => {
    const a = Palette.fromImage(image);
    const b = Palette.fromColors(["#f00", { hex: "0000FF", weight: 3 }]);
    assert.deepEqual(palette.distance(a, a), { paletteDistance: 0, paletteIntersection: 1 });
    assert.ok(Math.abs(a.distance(b) - b.distance(a)) < 1e-9);
    assert.equal(b.swatches(1)[0].share, 0.75);
  });

  it("between two single colours is as far as the colours differ", () => {
    const lab = (hex: string) => toLab(hex)!;
    const expected = differenceEuclidean("lab65")(lab("#ff0000"), lab("#00ffff"));
    assert.ok(Math.abs(Palette.fromColors(["#f00"]).distance(Palette.fromColors(["#0ff"])) - expected) < 1e-3);
  });

  it("blends in a straight line: the blend of t has t of the distance", () => {
    const a = Palette.fromColors(["#f00", "#fff"]);
    const b = Palette.fromColors(["#00ffff", "#000"]);
    assert.ok(Math.abs(a.blend(b, 0.25).distance(a) - 0.25 * a.distance(b)) < 1e-9);
    assert.deepEqual(a.blend(b, 0).histogram, a.histogram);
  });

  it("keeps its bits through its file, for both codebooks", async () => {
    for (const numLight of [4, 5]) {
      const value = Palette.fromImage(image, numLight);
      const { json } = await palette.write(value);
      const loaded = await palette.read({ json: json!, png: Buffer.alloc(0) });
      assert.deepEqual(loaded.histogram, value.histogram);
      assert.deepEqual(Palette.fromHistogram(value.histogram).toVector(), value.toVector());
      assert.equal(palette.extract!(image, loaded).codebook, value.codebook);
    }
  });

  it("draws a strip as wide as each share", () => {
    const strip = Palette.fromColors([{ hex: "#f00", weight: 3 }, "#0ff"]).strip(8, 2);
    const columns = Array.from({ length: 8 }, (_, x) => strip.data[x * 3 + 24]);
    assert.deepEqual(columns, [255, 255, 255, 255, 255, 255, 0, 0]);
  });

  const bad: [string, () => unknown, string, RegExp?][] = [
    ["a bad colour", () => Palette.fromColors(["#12345g"]), "CP_ARG_RANGE", /#1e90ff.*palette colour 0.*12345g/],
    ["a colour name", () => palette.check(["#fff", "teal"]), "CP_ARG_RANGE", /palette colour 1/],
    ["a number as colour", () => palette.check([7]), "CP_ARG_TYPE"],
    ["a hex of another type", () => palette.check([{ hex: 7 }]), "CP_ARG_TYPE"],
    ["no colours", () => palette.check([]), "CP_ARG_RANGE"],
    ["too many colours", () => palette.check(Array(2000).fill("#fff")), "CP_ARG_RANGE", /1024/],
    ["not a list", () => palette.check("#fff"), "CP_ARG_TYPE"],
    ["null", () => palette.check(null), "CP_ARG_TYPE", /null/],
    ["a negative weight", () => palette.check([{ hex: "#fff", weight: -1 }]), "CP_ARG_RANGE", /-1/],
    ["a NaN weight", () => palette.check([{ hex: "#fff", weight: Number.NaN }]), "CP_ARG_RANGE", /NaN/],
    ["a text as weight", () => palette.check([{ hex: "#fff", weight: "1" }]), "CP_ARG_TYPE"],
    ["only zero weights", () => palette.check([{ hex: "#fff", weight: 0 }]), "CP_ARG_RANGE"],
    ["weights that overflow", () => palette.check(Array(4).fill({ hex: "#fff", weight: 1e308 })), "CP_ARG_RANGE"],
    ["lights out of range", () => Palette.fromColors(["#fff"], 9), "CP_ARG_RANGE"],
    ["a histogram of 157 bins", () => Palette.fromHistogram(new Float32Array(157)), "CP_ARG_SHAPE", /180 or 156.*157/],
    ["a histogram of nothing", () => Palette.fromHistogram(new Float32Array(180)), "CP_ARG_RANGE"],
    [
      "a histogram with NaN",
      () => Palette.fromHistogram(new Float32Array(180).fill(Number.NaN)),
      "CP_ARG_RANGE",
      /bin 0/,
    ],
    ["palettes of two codebooks", () => Palette.fromImage(image, 4).distance(Palette.fromImage(image)), "CP_ARG_SHAPE"],
    ["a blend beyond 1", () => Palette.fromImage(image).blend(Palette.fromImage(image), 1.1), "CP_ARG_RANGE"],
    ["a foreign object", () => Palette.fromImage(image).distance({} as Palette), "CP_ARG_TYPE"],
    [
      "a file that is no JSON",
      () => palette.read({ json: Buffer.from("{"), png: Buffer.alloc(0) }),
      "CP_CONFIG_INVALID",
    ],
    [
      "a file of null colours",
      () => palette.read({ json: Buffer.from('{"colors":[null]}'), png: Buffer.alloc(0) }),
      "CP_ARG_TYPE",
    ],
  ];
  for (const [name, act, code, message] of bad) {
    it(`refuses ${name}`, () => expectCode(act, code, message));
  }
});
