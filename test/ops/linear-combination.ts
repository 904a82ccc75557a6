import { linearCombination } from "../../lib/ops/linear-combination.js";
import { testOp } from "./harness.js";

testOp(
  linearCombination,
  [
    { shapes: { x: [3], coefficients: [3, 3] } },
    { shapes: { x: [2, 3, 5], y: [2, 3, 5], coefficients: [2, 3] } },
    { shapes: { x: [2, 3, 5], z: [2, 3, 5], coefficients: [2, 3] } },
    { shapes: { x: [2, 9001], y: [2, 9001], z: [2, 9001], coefficients: [2, 3] } },
  ],
  { differentiate: ["x", "y", "z"] },
);
