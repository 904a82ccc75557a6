/** What benchmarks run and what they measure errors against: small cases of every op kind, and the smallest net. */
import assert from "node:assert/strict";
import { type Case, nameOf, type OpCase } from "../../benchmarks/cases.js";
import { errorOf, exactValues } from "../../benchmarks/exact.js";
import { operandsOf } from "../../benchmarks/operands.js";
import { curveDistance, ratiosOf } from "../../benchmarks/report.js";
import { median } from "../../benchmarks/timing.js";
import { openWork } from "../../benchmarks/works.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";

const ops: readonly OpCase[] = [
  { kind: "conv", batch: 2, size: 9, inputs: 5, outputs: 7, kernel: 3 },
  { kind: "conv", batch: 1, size: 8, inputs: 16, outputs: 16, kernel: 3, strict: true },
  { kind: "conv", batch: 1, size: 4, inputs: 6, outputs: 3, kernel: 1 },
  { kind: "linear", rows: 11, inputs: 13, outputs: 5 },
  { kind: "attention", batch: 2, heads: 2, queries: 5, keys: 9, width: 8 },
  { kind: "groupNorm", batch: 2, size: 5, channels: 12, groups: 3 },
];
const others: readonly Case[] = [
  { kind: "net", net: "composer-mini", batch: 2 },
  { kind: "net", net: "small-unet", batch: 1 },
  { kind: "job", steps: 1 },
];

describe("benchmarks", () => {
  const device = openCpuDevice({ threads: 1 });
  const narrow = openCpuDevice({ threads: 1, dtype: "bf16" });
  after(() => Promise.all([device.close(), narrow.close()]));

  for (const work of ops) {
    it(`${nameOf(work)}: the op agrees with the definition in f64, and a wrong result does not`, async () => {
      const operands = await operandsOf(work, 3);
      const exact = exactValues(work, operands);
      const opened = await openWork(device, work, operands);
      await opened.run();
      const out = await opened.output();
      assert.ok(errorOf(out, exact) < 1e-6);
      const rounding = await openWork(narrow, work, operands);
      await rounding.run();
      assert.ok(errorOf(await rounding.output(), exact) < 5e-3);
      await rounding.close();
      out[exact.places[1]] += 1;
      assert.ok(errorOf(out, exact) > 1e-3);
      out[exact.places[0]] = Number.NaN;
      assert.ok(Number.isNaN(errorOf(out, exact)));
      await opened.close();
    });
  }

  for (const work of others) {
    it(`${nameOf(work)} runs again and again`, async () => {
      const opened = await openWork(device, work, await operandsOf(work, 3));
      await opened.run();
      await opened.run();
      assert.ok(opened.flops > 1e9);
      await opened.close();
    });
  }

  it("the losses of training fall, and a curve is compared as far as both go", async () => {
    const work: Case = { kind: "train", batch: 1 };
    const opened = await openWork(device, work, await operandsOf(work, 3));
    for (let step = 0; step < 16; step++) await opened.run();
    const losses = [...(await opened.output())];
    await opened.close();
    assert.equal(losses.length, 16);
    assert.ok(losses[15] < 0.9 * losses[0], `${losses}`);
    assert.equal(curveDistance(losses, losses.slice(0, 2)), 0);
    assert.ok(curveDistance(losses, [1.1 * losses[0]]) > 0.09);
  });

  it("medians and ratios", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    const contender = (medianMs: number) => ({ about: {}, firstMs: 0, startsMs: [0], ms: [], medianMs, peakBytes: 0 });
    const contenders = { counterpoint: contender(2), torch: contender(5) };
    const record = { name: "", case: others[1], flops: 0, peakGflops: 1, contenders, failures: {} };
    assert.deepEqual(ratiosOf(record), { torch: 2.5 });
  });
});
