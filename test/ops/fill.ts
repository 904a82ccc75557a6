import { fill } from "../../lib/ops/fill.js";
import { testOp } from "./harness.js";

testOp(fill, [
  { shapes: {}, attributes: { count: 1, value: 1 } },
  { shapes: {}, attributes: { count: 101, value: -0.1 } },
]);
