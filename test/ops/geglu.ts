import { geglu, gegluGradient } from "../../lib/ops/geglu.js";
import { testOp } from "./harness.js";

const wide = (random: { normal(): number }) => 5 * random.normal();

testOp(geglu, [
  { shapes: { x: [2] } },
  { shapes: { x: [2, 3, 10] } },
  { shapes: { x: [3, 40, 514] } },
  { name: "far out", shapes: { x: [20, 50] }, values: { x: wide } },
]);
testOp(gegluGradient, [
  { shapes: { x: [2], dy: [1] } },
  { shapes: { x: [2, 3, 10], dy: [2, 3, 5] } },
  { shapes: { x: [3, 40, 514], dy: [3, 40, 257] } },
  { name: "far out", shapes: { x: [20, 50], dy: [20, 25] }, values: { x: wide } },
]);
