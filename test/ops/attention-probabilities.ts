import { attentionProbabilities } from "../../lib/ops/attention-probabilities.js";
import { type Element, testOp } from "./harness.js";

/** 4 of 6 keys of 2 channels are under the mask; those that it hides hold no numbers. */
const mask: Element = (_, index) => [0, 1, 0, 1][index % 4];
const holes: Element = (random, index) => {
  const token = Math.floor(index / 2) % 6;
  return token < 4 && token % 2 === 0 ? [Number.NaN, Number.POSITIVE_INFINITY][index % 2] : random.normal();
};

testOp(attentionProbabilities, [
  { shapes: { q: [1, 1, 1], k: [1, 1, 1] }, attributes: { heads: 1 } },
  { shapes: { q: [2, 3, 8], k: [2, 5, 8] }, attributes: { heads: 2 } },
  { shapes: { q: [1, 6, 4], k: [1, 3, 4] }, attributes: { heads: 1, causal: 1 } },
  {
    name: "absent keys that hold no numbers",
    shapes: { q: [2, 3, 2], k: [2, 6, 2], keyMask: [2, 4] },
    values: { keyMask: mask, k: holes },
    attributes: { heads: 1 },
  },
  {
    name: "queries that see no key",
    shapes: { q: [2, 5, 6], k: [2, 5, 6], keyMask: [2, 4] },
    values: { keyMask: (_, index) => (index === 2 ? 1 : 0) },
    attributes: { heads: 2, causal: 1 },
  },
  {
    name: "logits far apart",
    shapes: { q: [1, 9, 16], k: [1, 20, 16] },
    values: { q: (random) => 100 * random.normal() },
    attributes: { heads: 1 },
    tolerance: 1e-4,
  },
  {
    name: "several blocks of queries",
    shapes: { q: [2, 101, 80], k: [2, 77, 80], keyMask: [2, 40] },
    values: { keyMask: (random) => random.below(2) },
    attributes: { heads: 2 },
  },
  { name: "many keys", shapes: { q: [1, 7, 33], k: [1, 1100, 33] }, attributes: { heads: 3 } },
  { shapes: { q: [1, 99, 33], k: [1, 99, 33] }, attributes: { heads: 3, causal: 1 } },
]);
