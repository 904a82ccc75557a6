import assert from "node:assert/strict";
import { philox, type Uint32x2, type Uint32x4, uniform, uniformStream } from "../../lib/graph/random.js";

const ones = 0xffffffff;

describe("Philox4x32-10", () => {
  // Known-answer vectors of Random123 1.14, tests/kat_vectors.
  const vectors: [Uint32x4, Uint32x2, Uint32x4][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, expected] of vectors) {
    it(`gives the published words for counter ${counter[0].toString(16)}…`, () => {
      assert.deepEqual(philox(key, counter), expected);
    });
  }

  it("agrees with 64-bit integer arithmetic on spread keys and counters", () => {
    const mask = 0xffffffffn;
    const oracle = (key: bigint[], counter: bigint[]): number[] => {
      let [c0, c1, c2, c3] = counter;
      let [k0, k1] = key;
      for (let round = 0; round < 10; round++) {
        const p0 = 0xd2511f53n * c0;
        const p1 = 0xcd9e8d57n * c2;
        [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
        [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
      }
      return [c0, c1, c2, c3].map(Number);
    };
    for (let i = 0; i < 500; i++) {
      const words = Array.from({ length: 6 }, (_, j) => Math.imul(i * 6 + j + 1, 0x9e3779b1) >>> 0);
      const [a, b, c, d, e, f] = words;
      const expected = oracle(words.slice(4).map(BigInt), words.slice(0, 4).map(BigInt));
      assert.deepEqual([...philox([e, f], [a, b, c, d])], expected);
    }
  });
});

describe("uniformStream", () => {
  it("yields the lanes of block after block, and other numbers for another seed, stream or index", () => {
    const first = (draw: () => number): number[] => Array.from({ length: 6 }, draw);
    const drawn = first(uniformStream(7, 1));
    const blocks = [...philox([7, 0], [0, 1, 0, 0]), ...philox([7, 0], [1, 1, 0, 0])];
    assert.deepEqual(drawn, blocks.slice(0, 6).map(uniform));
    for (const other of [
      uniformStream(8, 1),
      uniformStream(7, 2),
      uniformStream(7, 1, 1),
      uniformStream(7 + 2 ** 32, 1),
    ]) {
      assert.notDeepEqual(first(other), drawn);
    }
  });

  it("is uniform: mean and variance of 20,000 numbers are those of U(0, 1)", () => {
    const draw = uniformStream(1, 0);
    const numbers = Array.from({ length: 20000 }, draw);
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    const variance = numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length;
    assert.ok(Math.abs(mean - 0.5) < 0.007 && Math.abs(variance - 1 / 12) < 0.003, `${mean} ${variance}`);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
  });
});
