import { clamp, clampGradient } from "../../lib/ops/clamp.js";
import { testOp } from "./harness.js";

const bounds = { low: -0.5, high: 0.75 };

testOp(
  clamp,
  [
    { shapes: { x: [1] }, attributes: bounds },
    { shapes: { x: [2, 3, 50] }, attributes: bounds },
  ],
  {
    tolerance: 0,
  },
);
testOp(clampGradient, [
  {
    name: "bounds included",
    shapes: { x: [101], dy: [101] },
    attributes: bounds,
    values: { x: (_random, index) => (index - 50) / 40 },
    tolerance: 0,
  },
]);
