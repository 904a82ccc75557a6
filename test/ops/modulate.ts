import { modulate, modulateGradient } from "../../lib/ops/modulate.js";
import { testOp } from "./harness.js";

testOp(modulate, [
  { shapes: { x: [2, 1], scale: [2, 1], shift: [2, 1] } },
  { shapes: { x: [2, 3, 3, 9], scale: [2, 9], shift: [2, 9] } },
  { shapes: { x: [2, 20, 40], scale: [2, 40], shift: [2, 40] } },
]);
testOp(modulateGradient, [
  { shapes: { x: [2, 3, 3, 9], scale: [2, 9], dy: [2, 3, 3, 9] } },
  { shapes: { x: [2, 300, 40], scale: [2, 40], dy: [2, 300, 40] } },
]);
