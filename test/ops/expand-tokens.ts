import { expandTokens } from "../../lib/ops/expand-tokens.js";
import { testOp } from "./harness.js";

testOp(expandTokens, [
  { shapes: { x: [1, 1] }, attributes: { tokens: 1 } },
  { shapes: { x: [3, 9] }, attributes: { tokens: 5 } },
]);
