import { scaleBy } from "../../lib/ops/scale-by.js";
import { testOp } from "./harness.js";

testOp(scaleBy, [
  { shapes: { x: [1] }, attributes: { factor: 0 } },
  { shapes: { x: [2, 3, 5] }, attributes: { factor: -2.5 } },
]);
