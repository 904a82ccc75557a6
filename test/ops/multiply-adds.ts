import { multiplyAdds } from "../../lib/ops/multiply-adds.js";
import { testOp } from "./harness.js";

testOp(multiplyAdds, [
  { shapes: {}, attributes: { rounds: 3, count: 5 } },
  { shapes: {}, attributes: { rounds: 100, count: 96 } },
  { shapes: {}, attributes: { rounds: 7, count: 301 } },
]);
