import { cast } from "../../lib/ops/cast.js";
import { type Element, testOp } from "./harness.js";

const dtypes = ["f32", "f16", "bf16"] as const;

/** Both sides of every rule of rounding: halfway between two, below the normal range of f16, its greatest. */
const corners: Element = (random, index) => {
  const list = [
    0,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    1 + 2 ** -8,
    1 + 3 * 2 ** -8,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -25,
    1e-30,
  ];
  list.push(65504, 65519, -65504, 2 ** -14, 2 ** -14 - 2 ** -25, 2 ** -14 - 2 ** -26);
  return list[index] ?? random.normal() * 2 ** (random.below(40) - 28);
};

testOp(
  cast,
  dtypes.flatMap((from) =>
    dtypes.flatMap((to) => [
      { name: from, shapes: { x: [1] }, dtypes: { x: from }, attributes: { to } },
      { name: from, shapes: { x: [3, 5, 67] }, dtypes: { x: from }, attributes: { to } },
      { name: from, shapes: { x: [3, 9001] }, dtypes: { x: from }, attributes: { to }, values: { x: corners } },
    ]),
  ),
  { tolerance: 0 },
);
