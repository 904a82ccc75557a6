import { meanTokens } from "../../lib/ops/mean-tokens.js";
import { testOp } from "./harness.js";

testOp(meanTokens, [
  { shapes: { x: [3, 5] } },
  { shapes: { x: [2, 7, 9] } },
  { shapes: { x: [2, 30, 21, 1] } },
  { shapes: { x: [2, 16, 16, 40] } },
]);
