import { multiply } from "../../lib/ops/multiply.js";
import { testOp } from "./harness.js";

testOp(multiply, [{ shapes: { a: [1], b: [1] } }, { shapes: { a: [2, 3, 5], b: [2, 3, 5] } }]);
