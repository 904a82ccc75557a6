import { layerNorm, layerNormGradient } from "../../lib/ops/layer-norm.js";
import { testOp } from "./harness.js";

testOp(
  layerNorm,
  [
    { shapes: { x: [4, 2], gamma: [2], beta: [2] } },
    { shapes: { x: [2, 3, 13], gamma: [13], beta: [13] } },
    { shapes: { x: [40, 256], gamma: [256], beta: [256] }, tolerance: 1e-6, differentiate: [] },
    {
      name: "far from zero",
      shapes: { x: [5, 33], gamma: [33], beta: [33] },
      values: { x: (random) => 100 + random.normal() },
      differentiate: [],
    },
  ],
  { gradientTolerance: 1e-5 },
);
testOp(layerNormGradient, [
  { shapes: { x: [4, 3], gamma: [3], dy: [4, 3] } },
  { shapes: { x: [2, 3, 13], gamma: [13], dy: [2, 3, 13] } },
  { shapes: { x: [300, 40], gamma: [40], dy: [300, 40] } },
]);
