import { concatChannels } from "../../lib/ops/concat-channels.js";
import { testOp } from "./harness.js";

testOp(concatChannels, [
  { shapes: { a: [1], b: [2] }, tolerance: 0 },
  { shapes: { a: [2, 3, 3, 9], b: [2, 3, 3, 4] }, tolerance: 0 },
]);
