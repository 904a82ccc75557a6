import { cast } from "../../lib/ops/cast.js";
import { type Element, testOp } from "./harness.js";

const dtypes = ["f32", "f16", "bf16"] as const;

/** Both sides of every rule of rounding: halfway between two, below the normal range of f16, and near its greatest. */
const corners =
  (greatest: number): Element =>
  (random, index) => {
    const halfway = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 2 ** -25, 3 * 2 ** -25];
    const edges = [0, 2 ** -24, 2 ** -14, 2 ** -14 - 2 ** -25, 2 ** -14 - 2 ** -26, 1e-30, greatest, -greatest];
    return [...halfway, ...edges][index] ?? random.normal() * 2 ** (random.below(40) - 28);
  };

testOp(
  cast,
  dtypes.flatMap((from) => {
    // 65519 would be too large for f16 once it is a bf16.
    const values = { x: corners(from === "bf16" ? 65280 : 65519) };
    return dtypes.flatMap((to) =>
      [[1], [3, 5, 67], [3, 9001]].map((shape) => {
        return { name: from, shapes: { x: shape }, dtypes: { x: from }, attributes: { to }, values };
      }),
    );
  }),
  { tolerance: 0 },
);
