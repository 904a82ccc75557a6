import { sumSquares } from "../../lib/ops/sum-squares.js";
import { testOp } from "./harness.js";

testOp(sumSquares, [{ shapes: { x: [1] } }, { shapes: { x: [3, 5] } }, { shapes: { x: [50_001] } }], {
  tolerance: 1e-6,
});
