import { matmulTransposed } from "../../lib/ops/matmul-transposed.js";
import { testOp } from "./harness.js";

testOp(matmulTransposed, [
  { shapes: { a: [1, 1], b: [1, 1] } },
  { shapes: { a: [3, 5], b: [7, 5] } },
  { shapes: { a: [33, 65], b: [17, 65] } },
]);
