import { padTokens } from "../../lib/ops/pad-tokens.js";
import { testOp } from "./harness.js";

testOp(
  padTokens,
  [
    { shapes: { x: [1, 1, 1] }, attributes: { before: 0, after: 0 } },
    { shapes: { x: [3, 4, 9] }, attributes: { before: 2, after: 1 } },
  ],
  { tolerance: 0 },
);
