/**
 * The evaluation with planted generators and instruments that know the truth: one that paints what is asked must have the
 * best score in every row and beat the baseline, one that ignores its conditions must not.
 */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { readModel } from "../../lib/composer/model.js";
import { CompositionPrograms } from "../../lib/composer/programs.js";
import { type ConditionName, conditionNames, type metricDirections } from "../../lib/conditions/condition.js";
import { ClipEncoders } from "../../lib/conditions/encoders.js";
import { Image } from "../../lib/conditions/image.js";
import type { Parts } from "../../lib/conditions/parts.js";
import type { Sight } from "../../lib/conditions/perception.js";
import { Scenes } from "../../lib/data/scenes.js";
import { evaluationTable } from "../../lib/evaluate/card.js";
import { type Case, type Cases, casesOf } from "../../lib/evaluate/cases.js";
import { runTrials, type TrialResult, trialsOf } from "../../lib/evaluate/evaluate.js";
import { type Generator, ModelGenerator } from "../../lib/evaluate/generator.js";
import { judgeRow, retrievalAt1 } from "../../lib/evaluate/instruments.js";
import { attributeAccuracy, type Instruments } from "../../lib/evaluate/measure.js";
import { rowNames } from "../../lib/evaluate/options.js";
import { runEvaluation } from "../../lib/evaluate/run-evaluation.js";
import { samplesSheet } from "../../lib/evaluate/samples.js";
import { Composer } from "../../lib/index.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { DeviceWeights } from "../../lib/session/device-weights.js";
import { size as tinySize, writeTinyModel } from "../composer/tiny-model.js";
import { seeded } from "../random.js";

const size = 32;
const count = 12;
const batch = 5;

/** The best that each metric can be; of captions, an evaluation asks the judge and not the cosine. */
const best: Readonly<Record<Exclude<keyof typeof metricDirections, "captionCosine">, number>> = {
  captionAccuracy: 1,
  unseenCaptionAccuracy: 1,
  semanticsCosine: 1,
  paletteDistance: 0,
  paletteIntersection: 1,
  sketchF1: 1,
  instancesMiou: 1,
  depthRmse: 0,
  intensityPsnr: 100,
  maskError: 0,
};

/** Means of 4 × 4 pixels around the picture's mean, of length 1: near for pictures that are alike. */
function embeddingOf(rgb: Uint8Array): Float32Array {
  const cells = new Float32Array(3 * (size / 4) ** 2);
  for (let i = 0; i < rgb.length; i++) {
    const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    cells[(Math.floor(y / 4) * (size / 4) + Math.floor(x / 4)) * 3 + (i % 3)] += rgb[i];
  }
  const mean = cells.reduce((a, b) => a + b) / cells.length;
  const length = Math.hypot(...cells.map((value) => value - mean));
  return cells.map((value) => (value - mean) / length);
}

const keyOf = (rgb: Uint8Array) => Buffer.from(rgb).toString("base64");

/** Instruments that know every render by heart; of any other picture they say that it is empty. */
function trueInstruments(cases: Cases): Instruments {
  const known = new Map([...cases.scenes, ...cases.singles].map((own) => [keyOf(own.image.data), own.parts]));
  const square = { width: size, height: size };
  const empty = {
    instances: { ...square, map: new Uint8Array(size * size), objects: [] },
    depth: { ...square, data: new Float32Array(size * size) },
  };
  const judge = {
    look: async (pictures: readonly Uint8Array[]): Promise<Sight[]> =>
      pictures.map((rgb) => {
        const { instances, depth } = known.get(keyOf(rgb)) ?? empty;
        return { instances, depth, objects: [] };
      }),
  };
  return { judge, encoders: { images: async (pictures) => pictures.map(embeddingOf), captions: async () => [] } };
}

/** A blotchy picture, another for each number. */
function unconditional(number: number): Image {
  const random = seeded(1000 + number);
  const patches = Array.from({ length: 3 * 16 }, () => 255 * random.uniform());
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    return patches[(Math.floor((4 * y) / size) * 4 + Math.floor((4 * x) / size)) * 3 + (i % 3)];
  });
  return new Image(size, size, data);
}

/** Paints by `paint`, and checks what every generator is promised. */
function planted(paint: (parts: Parts, number: number) => Image): Generator {
  return {
    async generate(parts, first, { onStep }) {
      assert.ok(parts.length > 0 && parts.length <= batch && first + parts.length <= count);
      assert.equal(new Set(parts.map((own) => Object.keys(own).join())).size, 1);
      onStep();
      return parts.map((own, i) => paint(own, first + i));
    },
  };
}

/** The case whose part was given: parts are told apart by identity, captions by their number. */
function caseOf(cases: Cases, parts: Parts, number: number): Case | undefined {
  const names = Object.keys(parts) as ConditionName[];
  if (names.length === 0) return undefined;
  return names.length === 1 && names[0] === "caption" ? cases.singles[number] : cases.scenes[number];
}

describe("evaluate", () => {
  let cases: Cases;
  let instruments: Instruments;
  const scenes = Scenes.open();
  before(async () => {
    cases = await casesOf(scenes, { images: async (all) => all.map(embeddingOf) }, { count, size, seed: 3 });
    instruments = trueInstruments(cases);
  });
  after(() => scenes.close());

  const run = (generator: Generator) =>
    runTrials(trialsOf(new Set(rowNames), cases), generator, instruments, { steps: 1, batch });

  it("cases are held out, tell the truth, and are a function of the seed", async () => {
    assert.ok(cases.singles.every(({ parts }) => parts.instances.objects.length === 1));
    assert.ok(cases.scenes.some(({ parts }) => parts.instances.objects.length > 1));
    for (const { parts } of cases.singles) {
      const [{ size: large, colour, material, shape }] = parts.instances.objects;
      assert.equal(parts.caption, `a ${large} ${colour} ${material} ${shape}`);
    }
    const again = await casesOf(scenes, { images: async (all) => all.map(embeddingOf) }, { count, size, seed: 3 });
    assert.deepEqual(again, cases);
  });

  it("a generator that paints what is asked has the best score everywhere and beats the baseline", async () => {
    const seen: string[] = [];
    const generator = planted((parts, number) => {
      seen.push(Object.keys(parts).sort().join());
      return caseOf(cases, parts, number)?.image ?? unconditional(number);
    });
    const results = await run(generator);
    const names = results.map(({ row }) => row.name);
    assert.deepEqual(names, [...conditionNames, "all"]);
    const asked = [[], ...conditionNames.map((name) => [name]), [...conditionNames].sort()];
    assert.deepEqual(
      [...new Set(seen)],
      asked.map((list) => list.join()),
      "what generators were told",
    );
    for (const { row } of results) {
      for (const [metric, mean] of Object.entries(row.metrics) as [keyof typeof best, number][]) {
        assert.ok(Math.abs(mean - best[metric]) < 1e-5, `${row.name} ${metric}: ${mean}`);
        assert.ok(row.comparisons[metric]!.beatsBaseline, `${row.name} ${metric}`);
      }
    }
    const all = Object.keys(results[results.length - 1].row.metrics).sort();
    assert.deepEqual(all, Object.keys(best).sort());
    await checkOutputs(results);
  });

  async function checkOutputs(results: readonly TrialResult[]): Promise<void> {
    const rows = results.map(({ row }) => row);
    const device = { kind: "cpu", name: "a CPU", isa: "avx2", threads: 2, compute: "f32" } as const;
    const settings = { version: "1", device, weights: {}, count, steps: 1, guidance: 2, eta: 0, seed: 3, elapsedMs: 1 };
    const table = evaluationTable({ ...settings, rows });
    assert.match(table, /\| palette \| paletteDistance ↓ \| 0\.000 \| \d+\.\d+ \| -\d.*\| yes \| 12 \|/);
    assert.equal(table.match(/^\| .*$/gm)!.length, 2 + rows.flatMap(({ metrics }) => Object.keys(metrics)).length);
    assert.equal((await samplesSheet(results)).subarray(1, 4).toString(), "PNG");
  }

  const deaf: readonly (readonly [string, (parts: Parts, number: number) => Image])[] = [
    ["paints as without them", (_, number) => unconditional(number)],
    [
      "paints other unconditional pictures",
      (parts, number) => unconditional(number + 100 * Object.keys(parts).join().length),
    ],
  ];
  for (const [what, paint] of deaf) {
    it(`a generator that ignores its conditions and ${what} does not beat the baseline`, async () => {
      for (const { row } of await run(planted(paint))) {
        for (const [metric, comparison] of Object.entries(row.comparisons)) {
          assert.equal(comparison.beatsBaseline, false, `${row.name} ${metric}`);
        }
      }
    });
  }

  it("a generator that gives every image its neighbour's conditions is found out", async () => {
    const paint = (parts: Parts, number: number) =>
      caseOf(cases, parts, (number + 1) % count)?.image ?? unconditional(number);
    for (const { row } of await run(planted(paint))) {
      for (const metric of Object.keys(row.metrics) as (keyof typeof best)[]) {
        if (metric === "captionAccuracy" || metric === "unseenCaptionAccuracy") continue;
        assert.ok(Math.abs(row.metrics[metric]! - best[metric]) > 1e-3, `${row.name} ${metric}`);
      }
    }
  });

  it("the judge's row on renders: all right for instruments that know them", async () => {
    const { metrics } = await judgeRow(cases, instruments);
    assert.deepEqual(metrics, { instancesMiou: 1, depthRmse: 0, attributeAccuracy: 1, captionAccuracy: 1 });
  });

  it("attribute accuracy by hand", () => {
    const thing = { shape: "cube", colour: "red", size: "small", material: "metal" } as const;
    const square = { width: 4, height: 1 };
    const wanted = { ...square, map: Uint8Array.of(1, 1, 1, 2), objects: [thing, thing] };
    // The first object is mostly under a blue one, the second is not found.
    const blue = { ...thing, colour: "blue" } as const;
    const found = { ...square, map: Uint8Array.of(1, 2, 2, 0), objects: [thing, blue] };
    assert.equal(attributeAccuracy(wanted, found), 3 / 8);
  });

  it("retrieval by hand: a tie is not found", () => {
    const [x, y] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
    assert.equal(retrievalAt1([x, y], [x, y]), 1);
    assert.equal(retrievalAt1([x, y], [y, x]), 0);
    assert.equal(retrievalAt1([x, y], [x, x]), 0);
  });

  describe("with a tiny model", () => {
    let weights = "";
    before(async () => {
      weights = await writeTinyModel();
      await copyFile(join(weights, "percept-mini.safetensors"), join(weights, "judge.safetensors"));
    });

    it("images with conditions of their own are the ones that compose() makes of each", async () => {
      const device = openCpuDevice({ threads: 2 });
      const { composer, clip } = await readModel(weights);
      const encoders = await ClipEncoders.open(device, clip.config, clip.weights, 2);
      const programs = new CompositionPrograms(
        device,
        composer.config,
        await DeviceWeights.load(device, composer.weights),
      );
      const settings = { steps: 2, guidance: 3, eta: 0.5, seed: 5 };
      const generator = new ModelGenerator(composer, programs, encoders, settings);
      const tiny = await casesOf(scenes, encoders, { count: 3, size: tinySize, seed: 1 });
      await using whole = await Composer.load({ weights, device: "cpu", threads: 1 });
      for (const names of [[], ["caption"], ["sketch"], conditionNames] as readonly (readonly ConditionName[])[]) {
        const parts = tiny.scenes.map((own): Parts => Object.fromEntries(names.map((name) => [name, own.parts[name]])));
        const images = await generator.generate(parts, 4, { onStep: () => {} });
        for (const [i, own] of parts.entries()) {
          let last: Image | undefined;
          // The last preview is the picture before kept pixels are put back.
          for await (const { previews } of whole.compose(own, { ...settings, first: 4 + i, measure: false })) {
            last = previews[0];
          }
          assert.deepEqual(images[i].data, last!.data, `${names.join()} ${i}`);
        }
      }
      await device.close();
    });

    it("every row, end to end", async () => {
      const options = { weights, count: 2, steps: 1, guidance: 2, eta: 0, seed: 0, threads: 1 };
      const progress: number[] = [];
      const { report } = await runEvaluation(options, { onProgress: ({ done, total }) => progress.push(done / total) });
      assert.deepEqual(
        report.rows.map(({ name }) => name),
        rowNames,
      );
      assert.equal(progress.at(-1), 1);
      assert.equal(report.count, 2);
      assert.deepEqual(Object.keys(report.weights), ["composer", "clip", "judge"]);
      for (const { metrics, baseline } of report.rows) {
        for (const value of Object.values({ ...metrics, ...baseline })) assert.ok(Number.isFinite(value));
      }
    });

    it("stops when told to", async () => {
      // More images than one composition may have.
      const options = {
        weights,
        count: 65,
        steps: 2,
        guidance: 2,
        eta: 0,
        seed: 0,
        threads: 1,
        only: ["sketch" as const],
      };
      const controller = new AbortController();
      const watch = { signal: controller.signal, onProgress: () => controller.abort() };
      await assert.rejects(runEvaluation(options, watch), { code: "CP_CANCELLED" });
    });
  });
});
