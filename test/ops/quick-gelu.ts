import { quickGelu, quickGeluGradient } from "../../lib/ops/quick-gelu.js";
import { testOp } from "./harness.js";

const wide = (random: { normal(): number }) => 20 * random.normal();

testOp(quickGelu, [
  { shapes: { x: [1] } },
  { shapes: { x: [2, 3, 5] } },
  { shapes: { x: [3, 9001] } },
  { name: "far out", shapes: { x: [1000] }, values: { x: wide } },
]);
testOp(quickGeluGradient, [
  { shapes: { x: [2, 3, 5], dy: [2, 3, 5] } },
  { name: "far out", shapes: { x: [1000], dy: [1000] }, values: { x: wide } },
]);
