import { sliceTokens } from "../../lib/ops/slice-tokens.js";
import { testOp } from "./harness.js";

testOp(
  sliceTokens,
  [
    { shapes: { x: [1, 1, 1] }, attributes: { begin: 0, count: 1 } },
    { shapes: { x: [3, 7, 9] }, attributes: { begin: 2, count: 4 } },
  ],
  { tolerance: 0 },
);
