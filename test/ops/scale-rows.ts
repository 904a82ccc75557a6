import { scaleRows } from "../../lib/ops/scale-rows.js";
import { testOp } from "./harness.js";

testOp(
  scaleRows,
  [
    { shapes: { x: [4], factor: [4] } },
    { shapes: { x: [3, 5, 7], factor: [3] } },
    { shapes: { x: [2, 9001], factor: [2] } },
  ],
  { differentiate: ["x"] },
);
