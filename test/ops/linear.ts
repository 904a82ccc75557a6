import { linear, linearInputGradient, linearWeightGradient } from "../../lib/ops/linear.js";
import { testOp } from "./harness.js";

testOp(linear, [
  { shapes: { x: [3, 5], weight: [5, 7] } },
  { shapes: { x: [2, 3, 4], weight: [4, 6], bias: [6] } },
  { shapes: { x: [2, 3, 4], weight: [4, 6], residual: [2, 3, 6] } },
  { shapes: { x: [33, 65], weight: [65, 17], bias: [17], residual: [33, 17] } },
  {
    name: "several blocks of depth, the last one odd",
    shapes: { x: [2, 50, 1153], weight: [1153, 70], bias: [70] },
    differentiate: [],
  },
]);
testOp(linearInputGradient, [
  { shapes: { dy: [3, 7], weight: [5, 7] } },
  { shapes: { dy: [2, 33, 17], weight: [65, 17] } },
]);
testOp(linearWeightGradient, [{ shapes: { x: [3, 7], dy: [3, 5] } }, { shapes: { x: [2, 33, 17], dy: [2, 33, 65] } }]);
