import { l2Normalize, l2NormalizeGradient } from "../../lib/ops/l2-normalize.js";
import { testOp } from "./harness.js";

testOp(l2Normalize, [
  { shapes: { x: [3, 2] } },
  { shapes: { x: [2, 3, 13] } },
  { shapes: { x: [40, 256] }, differentiate: [] },
  { name: "zeros stay zeros", shapes: { x: [2, 9] }, values: { x: () => 0 }, differentiate: [] },
]);
testOp(l2NormalizeGradient, [{ shapes: { x: [2, 3, 13], dy: [2, 3, 13] } }, { shapes: { x: [40, 64], dy: [40, 64] } }]);
