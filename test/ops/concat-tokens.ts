import { concatTokens } from "../../lib/ops/concat-tokens.js";
import { testOp } from "./harness.js";

testOp(concatTokens, [
  { shapes: { a: [1, 1, 1], b: [1, 2, 1] }, tolerance: 0 },
  { shapes: { a: [3, 4, 9], b: [3, 2, 9] }, tolerance: 0 },
]);
