import { clipFactor } from "../../lib/ops/clip-factor.js";
import { testOp } from "./harness.js";

const sumOf = (sum: number) => ({
  shapes: { sum: [1] },
  attributes: { maxNorm: 1 },
  values: { sum: () => sum },
});

testOp(clipFactor, [sumOf(0), sumOf(0.5), sumOf(1), sumOf(9), sumOf(1e30)], { tolerance: 1e-7 });
