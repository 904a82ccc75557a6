import { absoluteError, absoluteErrorGradient } from "../../lib/ops/absolute-error.js";
import { testOp } from "./harness.js";

testOp(
  absoluteError,
  [
    { shapes: { prediction: [3], target: [3], weight: [3] } },
    { shapes: { prediction: [3, 5, 7], target: [3, 5, 7], weight: [3] } },
    { shapes: { prediction: [2, 9001], target: [2, 9001], weight: [2] }, differentiate: [] },
  ],
  { differentiate: ["prediction"] },
);
testOp(absoluteErrorGradient, [
  { shapes: { prediction: [3, 5, 7], target: [3, 5, 7], weight: [3], dloss: [3] } },
  {
    name: "some equal",
    shapes: { prediction: [2, 50], target: [2, 50], weight: [2], dloss: [2] },
    values: { prediction: (random) => random.below(3), target: (random) => random.below(3) },
  },
]);
