import { fromRgb8 } from "../../lib/ops/from-rgb8.js";
import { testOp } from "./harness.js";

testOp(fromRgb8, [{ shapes: { x: [256] }, values: { x: (_random, index) => index }, tolerance: 1e-7 }]);
