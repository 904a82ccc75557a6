import assert from "node:assert/strict";
import { type ConditionName, conditionNames } from "../../lib/conditions/condition.js";
import { uniformStream } from "../../lib/graph/random.js";
import { type DropoutOptions, drawPresence, dropouts } from "../../lib/training/dropout.js";

/** Drawn over `batches` batches of `batch` samples: the share of samples that drop each condition, all, none. */
function shares(options: DropoutOptions, batch: number, batches: number) {
  const dropped = Object.fromEntries(conditionNames.map((name) => [name, 0])) as Record<ConditionName, number>;
  let [all, none] = [0, 0];
  for (let index = 0; index < batches; index++) {
    for (const kept of drawPresence(batch, uniformStream(7, 1, index), options)) {
      for (const name of conditionNames) dropped[name] += kept[name] ? 0 : 1;
      all += conditionNames.every((name) => !kept[name]) ? 1 : 0;
      none += conditionNames.every((name) => kept[name]) ? 1 : 0;
    }
  }
  const count = batch * batches;
  const rates = Object.fromEntries(conditionNames.map((name) => [name, dropped[name] / count]));
  return { rates, all: all / count, none: none / count, count };
}

describe("condition dropout", () => {
  // Rates from the two readings' own arithmetic: 0.1 + 0.8 p and 0.1 + p.
  const readings = [
    { reading: "per-sample", batch: 16, rate: 0.5, intensity: 0.66, all: 0.1 + 0.8 * 0.5 ** 7 * 0.7 },
    { reading: "per-batch", batch: 250, rate: 0.6, intensity: 0.8, all: 0.1 + 0.8 * 0.625 ** 7 * 0.875 },
  ] as const;
  for (const { reading, batch, rate, intensity, all: expectedAll } of readings) {
    it(`${reading}: each condition is dropped with its marginal probability`, () => {
      const { rates, all, none, count } = shares(dropouts[reading], batch, Math.ceil(40_000 / batch));
      for (const name of conditionNames) {
        const expected = name === "intensity" ? intensity : rate;
        const deviation = Math.sqrt((expected * (1 - expected)) / count);
        assert.ok(Math.abs(rates[name] - expected) < 5 * deviation, `${name}: ${rates[name]} for ${expected}`);
      }
      assert.ok(Math.abs(all - expectedAll) < 0.01, `all dropped: ${all}`);
      assert.ok(none >= 0.09 && none < 0.12, `all kept: ${none}`);
    });
  }

  it("per-sample: conditions are dropped independently of each other outside keep-all and drop-all", () => {
    const options = { ...dropouts["per-sample"], keepAll: 0, dropAll: 0 };
    let both = 0;
    const samples = 20_000;
    for (const kept of drawPresence(samples, uniformStream(3, 1), options)) both += kept.sketch && kept.depth ? 1 : 0;
    assert.ok(Math.abs(both / samples - 0.25) < 0.015, `${both / samples}`);
  });

  for (const name of ["often-alone", "captions-first"] as const)
    it(`${name}: each condition stands alone with its probability, and the rest is the paper's`, () => {
      const options = dropouts[name];
      const samples = 40_000;
      const draws = drawPresence(samples, uniformStream(11, 1), options);
      const share = (holds: (kept: Record<ConditionName, boolean>) => boolean) => draws.filter(holds).length / samples;
      const rest = 0.8 - Object.values(options.alone).reduce((sum, part) => sum + part, 0);
      for (const name of conditionNames) {
        const coins = conditionNames.reduce((product, other) => {
          return product * (other === name ? 1 - options.drop[other] : options.drop[other]);
        }, rest);
        const expected = options.alone[name] + coins;
        const seen = share((kept) => conditionNames.every((other) => kept[other] === (other === name)));
        assert.ok(Math.abs(seen - expected) < 5 * Math.sqrt(expected / samples), `${name}: ${seen} for ${expected}`);
      }
      const none = 0.1 + rest * conditionNames.reduce((product, name) => product * options.drop[name], 1);
      const dropped = share((kept) => conditionNames.every((name) => !kept[name]));
      assert.ok(Math.abs(dropped - none) < 0.01, `all dropped: ${dropped} for ${none}`);
    });

  it("the same numbers give the same draw", () => {
    const draw = () => drawPresence(16, uniformStream(5, 1, 9), dropouts["per-sample"]);
    assert.deepEqual(draw(), draw());
  });
});
