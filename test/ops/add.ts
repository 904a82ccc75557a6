import { add } from "../../lib/ops/add.js";
import { sumRows } from "../../lib/ops/sum-rows.js";
import { testOp } from "./harness.js";

testOp(add, [
  { shapes: { a: [1], b: [1] } },
  { shapes: { a: [2, 3, 5], b: [2, 3, 5] } },
  { shapes: { a: [3, 8], b: [3, 8] } },
]);
testOp(sumRows, [{ shapes: { x: [1, 1] } }, { shapes: { x: [2, 3, 5] } }, { shapes: { x: [100, 33] } }]);
