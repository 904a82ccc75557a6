import { mean, meanGradient } from "../../lib/ops/mean.js";
import { testOp } from "./harness.js";

const offset = (random: { normal(): number }) => 100 + random.normal();

testOp(mean, [
  { shapes: { x: [1] } },
  { shapes: { x: [2, 3, 5] } },
  { name: "far from zero", shapes: { x: [3, 9001] }, values: { x: offset }, tolerance: 1e-7, differentiate: [] },
]);
testOp(meanGradient, [{ shapes: { x: [3, 7], dy: [1] } }]);
