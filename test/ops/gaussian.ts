/** Noise: the same bits on every device, Philox's published vectors, and the distribution of a million normals. */
import assert from "node:assert/strict";
import type { ReferenceTensor } from "../../lib/graph/op.js";
import { philox } from "../../lib/graph/random.js";
import { gaussian } from "../../lib/ops/gaussian.js";
import type { Random } from "../random.js";
import { testOp } from "./harness.js";

const word = (random: Random) => random.below(2 ** 32) - 2 ** 31;

testOp(
  gaussian,
  [
    { shapes: { key: [1, 4], step: [1] }, attributes: { count: 1 } },
    { shapes: { key: [3, 4], step: [1] }, attributes: { count: 67 } },
    { shapes: { key: [2, 4], step: [1] }, attributes: { count: 16_386 } },
  ],
  { values: { key: word, step: word }, tolerance: 0 },
);

function draw(key: readonly number[], step: number, count: number): Float64Array {
  const tensor = (shape: number[], data: Float64Array): ReferenceTensor => ({ shape, data });
  const y = tensor([key.length / 4, count], new Float64Array((key.length / 4) * count));
  const operands = {
    key: tensor([key.length / 4, 4], Float64Array.from(key)),
    step: tensor([1], Float64Array.of(step)),
  };
  gaussian.definition.reference({ ...operands, y }, { count });
  return y.data;
}

describe("philox", () => {
  // Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, result.
  const vectors = [
    ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ].map((row) => row.map((text) => text.split(" ").map((hex) => Number.parseInt(hex, 16))));
  for (const [counter, key, expected] of vectors) {
    it(`gives Random123's vector for key ${key}`, () => {
      const [c0, c1, c2, c3] = counter;
      assert.deepEqual(philox([key[0], key[1]], [c0, c1, c2, c3]), expected);
    });
  }
});

describe("op gaussian: distribution", () => {
  const count = 400_000;
  const values = draw([12345, 678, 0, 0], 3, count);

  it("has the moments of the standard normal", () => {
    // Expectations of xᵏ and, for the standard error, of x²ᵏ.
    for (const [power, expected, square] of [
      [1, 0, 1],
      [2, 1, 3],
      [3, 0, 15],
      [4, 3, 105],
      [6, 15, 10395],
    ]) {
      const moment = values.reduce((sum, x) => sum + x ** power, 0) / count;
      const error = Math.sqrt((square - expected ** 2) / count);
      assert.ok(Math.abs(moment - expected) < 4 * error, `E x^${power} is ${moment}, expected ${expected} ± ${error}`);
    }
  });

  it("has its tails", () => {
    for (const [bound, probability] of [
      [1, 0.317310508],
      [2, 0.0455002639],
      [3, 0.0026997961],
      [4, 6.33424837e-5],
    ]) {
      const beyond = values.reduce((total, x) => total + (Math.abs(x) > bound ? 1 : 0), 0);
      const error = Math.sqrt(count * probability);
      assert.ok(Math.abs(beyond - count * probability) < 4 * error, `${beyond} of ${count} are beyond ±${bound}`);
    }
  });

  it("is uncorrelated from element to element", () => {
    for (const lag of [1, 2, 3, 4, 8]) {
      let sum = 0;
      for (let i = lag; i < count; i++) sum += values[i] * values[i - lag];
      assert.ok(Math.abs(sum / count) < 4 / Math.sqrt(count), `correlation ${sum / count} at distance ${lag}`);
    }
  });

  it("depends on every word of the key and on the step", () => {
    const base = [1, 2, 3, 4];
    const rows = [base, [9, 2, 3, 4], [1, 9, 3, 4], [1, 2, 9, 4], [1, 2, 3, 9]].map((key) => draw(key, 5, 4));
    const texts = [...rows, draw(base, 6, 4)].map(String);
    assert.equal(new Set(texts).size, texts.length);
  });

  it("does not depend on the other images or on how many elements are drawn", () => {
    const alone = draw([1, 2, 3, 4], 5, 7);
    assert.deepEqual([...draw([9, 9, 9, 9, 1, 2, 3, 4], 5, 11).subarray(11, 18)], [...alone]);
  });
});
