import { toRgb8 } from "../../lib/ops/to-rgb8.js";
import { testOp } from "./harness.js";

testOp(
  toRgb8,
  [
    { shapes: { x: [2, 5, 7, 3], target: [2, 5, 7, 3] } },
    {
      name: "every level and half level",
      shapes: { x: [513], target: [513] },
      values: { x: (_random, index) => index / 2 / 127.5 - 1 },
    },
    {
      name: "far out",
      shapes: { x: [5], target: [5] },
      values: { x: (_random, index) => [-1e30, -1.1, 1.1, 1e30, 3.2e7][index] },
    },
  ],
  { values: { target: () => 7 }, tolerance: 0 },
);
