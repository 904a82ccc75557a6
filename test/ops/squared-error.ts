import { squaredError, squaredErrorGradient } from "../../lib/ops/squared-error.js";
import { testOp } from "./harness.js";

testOp(
  squaredError,
  [
    { shapes: { prediction: [3], target: [3], weight: [3] } },
    { shapes: { prediction: [3, 5, 7], target: [3, 5, 7], weight: [3] } },
    { shapes: { prediction: [2, 9001], target: [2, 9001], weight: [2] } },
  ],
  { differentiate: ["prediction"] },
);
testOp(squaredErrorGradient, [
  { shapes: { prediction: [3, 5, 7], target: [3, 5, 7], weight: [3], dloss: [3] } },
  { shapes: { prediction: [2, 9001], target: [2, 9001], weight: [2], dloss: [2] } },
]);
