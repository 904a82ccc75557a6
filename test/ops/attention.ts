import { attention, attentionGradient } from "../../lib/ops/attention.js";
import { attentionProbabilities } from "../../lib/ops/attention-probabilities.js";
import { type Element, type OpCase, testOp } from "./harness.js";

/** Present, absent, present …; the second of two images has every key that the mask covers absent. */
const mask: Element = (_, index) => (index < 4 ? (index + 1) % 2 : 0);
/** Tokens of 2 channels, 6 of them an image, that hold no number where `mask` says that they are absent. */
const holes: Element = (random, index) => {
  const image = Math.floor(index / 12);
  const token = Math.floor(index / 2) % 6;
  const absent = token < 4 && mask(random, image * 4 + token) === 0;
  return absent ? [Number.NaN, Number.POSITIVE_INFINITY][index % 2] : random.normal();
};
const holed = {
  name: "absent keys that hold no numbers",
  shapes: { q: [2, 3, 2], k: [2, 6, 2], v: [2, 6, 2], keyMask: [2, 4] },
  values: { keyMask: mask, k: holes, v: holes },
  attributes: { heads: 1 },
};
const unseeing = {
  name: "queries that see no key",
  shapes: { q: [2, 5, 6], k: [2, 5, 6], v: [2, 5, 6], keyMask: [2, 4] },
  values: { keyMask: (_: unknown, index: number) => (index === 2 ? 1 : 0) },
  attributes: { heads: 2, causal: 1 },
};

type Case = OpCase<"q" | "k" | "v" | "keyMask", "heads" | "causal" | "rounding">;

const cases: Case[] = [
  { shapes: { q: [1, 1, 1], k: [1, 1, 1], v: [1, 1, 1] }, attributes: { heads: 1 } },
  { shapes: { q: [2, 3, 8], k: [2, 5, 8], v: [2, 5, 8] }, attributes: { heads: 2 } },
  { shapes: { q: [1, 6, 6], k: [1, 6, 6], v: [1, 6, 6] }, attributes: { heads: 2, causal: 1 } },
  { shapes: { q: [1, 6, 4], k: [1, 3, 4], v: [1, 3, 4] }, attributes: { heads: 1, causal: 1 } },
  holed,
  unseeing,
  {
    name: "several blocks of queries",
    shapes: { q: [2, 101, 80], k: [2, 77, 80], v: [2, 77, 80], keyMask: [2, 40] },
    values: { keyMask: (random) => random.below(2) },
    attributes: { heads: 2 },
    differentiate: [],
  },
  {
    name: "several blocks of keys",
    shapes: { q: [1, 30, 33], k: [1, 1100, 33], v: [1, 1100, 33] },
    attributes: { heads: 3 },
    differentiate: [],
  },
  {
    shapes: { q: [1, 99, 33], k: [1, 99, 33], v: [1, 99, 33] },
    attributes: { heads: 3, causal: 1 },
    differentiate: [],
  },
];
const farApart: Case = {
  name: "logits far apart",
  shapes: { q: [1, 9, 16], k: [1, 20, 16], v: [1, 20, 16] },
  values: { q: (random) => 100 * random.normal() },
  attributes: { heads: 1 },
  tolerance: 1e-4,
  differentiate: [],
};
const rounding = cases.map((entry) => ({
  ...entry,
  attributes: { ...entry.attributes, rounding: "bf16" },
  tolerance: 8e-3,
}));

testOp(attention, [...cases, farApart, ...rounding], { differentiate: ["q", "k", "v"] });

testOp(
  attentionProbabilities,
  [...cases, farApart].map(({ shapes: { q, k, keyMask }, values = {}, differentiate, ...rest }) => ({
    ...rest,
    shapes: { q, k, keyMask },
    values: { q: values.q, k: values.k, keyMask: values.keyMask },
  })),
);

const upstream = <S extends { q: number[] }>(shapes: S) => ({ ...shapes, dy: shapes.q });
testOp(attentionGradient, [
  { shapes: upstream({ q: [1, 1, 1], k: [1, 1, 1], v: [1, 1, 1] }), attributes: { heads: 1 } },
  { shapes: upstream({ q: [2, 3, 8], k: [2, 5, 8], v: [2, 5, 8] }), attributes: { heads: 2 } },
  { ...holed, shapes: upstream(holed.shapes) },
  { ...unseeing, shapes: upstream(unseeing.shapes) },
  {
    name: "several blocks of queries",
    shapes: upstream({ q: [2, 101, 80], k: [2, 77, 80], v: [2, 77, 80], keyMask: [2, 40] }),
    values: { keyMask: (random) => random.below(2) },
    attributes: { heads: 2 },
  },
  { shapes: upstream({ q: [1, 99, 33], k: [1, 99, 33], v: [1, 99, 33] }), attributes: { heads: 3, causal: 1 } },
]);
