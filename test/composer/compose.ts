/** compose() end to end with a tiny random model, on the reference device and on the CPU. */
import assert from "node:assert/strict";
import {
  type ComposeOptions,
  type ComposeResult,
  Composer,
  type Image,
  type LoadOptions,
  maskingFromRectangles,
  Palette,
  type Parts,
  type PartsInput,
  type StepEvent,
  sketchOf,
  version,
} from "../../lib/index.js";
import { picture, size, writeTinyModel } from "./tiny-model.js";

const bytes = (images: readonly Image[]) => images.map(({ data }) => Buffer.from(data).toString("base64"));

async function composed(composer: Composer, parts: PartsInput, options?: ComposeOptions): Promise<string[]> {
  return bytes((await composer.compose(parts, { steps: 2, measure: false, ...options })).images);
}

async function withComposer<T>(options: LoadOptions, body: (composer: Composer) => Promise<T>): Promise<T> {
  await using composer = await Composer.load(options);
  return await body(composer);
}

describe("compose", () => {
  let weights = "";
  before(async () => {
    weights = await writeTinyModel();
  });
  const image = picture();
  const some: Parts = { palette: Palette.fromImage(image), sketch: sketchOf(image) };

  for (const device of ["reference", "cpu"] as const) {
    it(`${device}: all parts of a picture, changed and put together again`, async () => {
      await withComposer({ device, weights }, async (composer) => {
        assert.equal(composer.device.kind, device);
        assert.equal(composer.imageSize, size);
        const parts = await composer.decompose(image, { caption: "a small red cube" });
        const masking = maskingFromRectangles(image, [{ left: 0, top: 0, width: 8, height: 8 }]);
        const run = composer.compose({ ...parts, masking }, { steps: 3, seed: 7, count: 2, eta: 0.5, guidance: 3 });
        const events: StepEvent[] = [];
        for await (const event of run) events.push(event);
        const result = await run;
        assert.deepEqual(
          events.map(({ step, steps, previews }) => [step, steps, previews.length]),
          [1, 2, 3].map((step) => [step, 3, 2]),
        );
        checkResult(result, image);
        assert.equal(result.manifest.device.kind, device);
        assert.notDeepEqual(bytes(result.images)[0], bytes(result.images)[1]);
        // The last preview is the result, but for the pixels put back.
        const last = events[2].previews[1].data;
        for (const i of [0, size * 3, 3]) assert.equal(last[i], result.images[1].data[i]);
      });
    });
  }

  function checkResult({ images, seed, adherence, maskErrorBefore, manifest }: ComposeResult, kept: Image): void {
    assert.equal(images.length, 2);
    assert.equal(seed, 7);
    for (const [index, { width, height, data }] of images.entries()) {
      assert.deepEqual([width, height], [size, size]);
      for (let i = 0; i < data.length; i++) {
        const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
        if (x >= 8 || y >= 8) assert.equal(data[i], kept.data[i], "a kept pixel");
      }
      assert.equal(adherence[index].masking!.maskError, 0);
      assert.ok(maskErrorBefore[index] > 0);
      const measured = ["caption", "depth", "instances", "intensity", "masking", "palette", "semantics", "sketch"];
      assert.deepEqual(Object.keys(adherence[index]).sort(), measured);
      for (const metrics of Object.values(adherence[index])) {
        for (const value of Object.values(metrics)) assert.ok(Number.isFinite(value));
      }
    }
    assert.equal(manifest.version, version);
    assert.equal(manifest.conditions.length, 8);
    assert.deepEqual(manifest.branches, [
      { conditions: [...manifest.conditions], weight: 3 },
      { conditions: ["sketch", "instances", "depth", "intensity", "masking"], weight: -2 },
    ]);
    assert.match(manifest.weights.composer, /^[0-9a-f]{64}$/);
    assert.ok(manifest.timings.sampleMs > 0);
    assert.doesNotThrow(() => JSON.stringify(manifest));
  }

  it("the same bits for 1, 2 and 3 threads, and bits that the reference nearly has", async () => {
    const byThreads: string[][] = [];
    for (const threads of [1, 2, 3]) {
      const options = { device: "cpu", threads, weights } as const;
      byThreads.push(await withComposer(options, (composer) => composed(composer, some, { count: 2 })));
    }
    assert.deepEqual(byThreads[1], byThreads[0]);
    assert.deepEqual(byThreads[2], byThreads[0]);
    const exact = await withComposer({ device: "reference", weights }, (composer) =>
      composed(composer, some, { count: 2 }),
    );
    const [a, b] = [exact, byThreads[0]].map((images) => Buffer.concat(images.map((it) => Buffer.from(it, "base64"))));
    const largest = a.reduce((worst, byte, i) => Math.max(worst, Math.abs(byte - b[i])), 0);
    assert.ok(largest <= 1, `${largest} of 255`);
  });

  describe("on the CPU", () => {
    let composer: Composer;
    before(async () => {
      composer = await Composer.load({ device: "cpu", weights });
    });
    after(() => composer.close());

    it("the same seed gives the same picture, another seed another", async () => {
      const [first] = await composed(composer, some, { seed: 2 ** 40 + 5 });
      assert.deepEqual(await composed(composer, some, { seed: 2 ** 40 + 5 }), [first]);
      assert.notDeepEqual(await composed(composer, some, { seed: 5 }), [first]);
    });

    it("a picture depends on its number alone, not on count and position", async () => {
      const options = { seed: 3, eta: 1 };
      const four = await composed(composer, some, { ...options, count: 4 });
      assert.equal(new Set(four).size, 4);
      assert.deepEqual(await composed(composer, some, { ...options, first: 2 }), [four[2]]);
      assert.deepEqual(await composed(composer, some, { ...options, first: 1, count: 3 }), four.slice(1));
    });

    it("eight runs at once give what each gives alone", async () => {
      const jobs = Array.from({ length: 8 }, (_, i): [PartsInput, ComposeOptions] => [
        i % 2 ? some : { ...some, caption: `a red sphere and ${i} cubes` },
        { seed: i, count: 1 + (i % 3), guidance: 1 + i, steps: 2 + (i % 2) },
      ]);
      const together = await Promise.all(jobs.map(([parts, options]) => composed(composer, parts, options)));
      for (const [i, [parts, options]] of jobs.entries()) {
        assert.deepEqual(await composed(composer, parts, options), together[i], `run ${i}`);
      }
    });

    const absences: readonly (keyof Parts)[] = [
      "caption",
      "semantics",
      "palette",
      "sketch",
      "instances",
      "depth",
      "intensity",
      "masking",
    ];
    for (const name of absences) {
      it(`absent means absent: ${name} given and masked out is ${name} not given`, async () => {
        const only = ["masking"] as const;
        const all = {
          ...(await composer.decompose(image, { caption: "two large blue cylinders" })),
          ...(await composer.decompose(image, { only: [...only] })),
        };
        const { [name]: value, ...rest } = all;
        assert.notEqual(value, undefined);
        const unguided = Object.keys(rest) as (keyof Parts)[];
        // Guidance 0 leaves the branch of the unguided conditions alone; the last step's preview has no pixels put back.
        const previewOf = async (parts: Parts, options: ComposeOptions) => {
          let last: readonly Image[] = [];
          const run = composer.compose(parts, { steps: 2, measure: false, ...options });
          for await (const { previews } of run) last = previews;
          return bytes(last);
        };
        const masked = await previewOf(all, { guidance: 0, unguided });
        assert.deepEqual(masked, await previewOf(rest, { guidance: 1 }));
        assert.notDeepEqual(masked, await previewOf(all, { guidance: 1 }));
      });
    }

    it("equal branches are computed once", async () => {
      const { manifest } = await composer.compose(some, { steps: 1, unguided: ["palette", "sketch"] });
      assert.deepEqual(manifest.branches, [{ conditions: ["palette", "sketch"], weight: 1 }]);
      const { manifest: none } = await composer.compose({}, { steps: 1 });
      assert.deepEqual(none.branches, [{ conditions: [], weight: 1 }]);
    });

    it("measures nothing when told so, and takes colours for a palette", async () => {
      const { adherence } = await composer.compose({ palette: ["#f00", { hex: "#00ff00", weight: 2 }] }, { steps: 1 });
      assert.ok(adherence[0].palette!.paletteDistance! > 0);
      const silent = await composer.compose(some, { steps: 1, measure: false });
      assert.deepEqual(silent.adherence, [{}]);
      assert.deepEqual(silent.maskErrorBefore, []);
    });

    it("planes of another size are brought to the model's", async () => {
      const large = picture(2, 40);
      const parts = { sketch: sketchOf(large) };
      const { adherence } = await composer.compose(parts, { steps: 1 });
      assert.ok(adherence[0].sketch!.sketchF1! >= 0);
    });
  });
});
