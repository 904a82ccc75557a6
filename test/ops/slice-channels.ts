import { sliceChannels } from "../../lib/ops/slice-channels.js";
import { testOp } from "./harness.js";

testOp(
  sliceChannels,
  [
    { shapes: { x: [5] }, attributes: { begin: 0, count: 5 } },
    { shapes: { x: [2, 3, 3, 19] }, attributes: { begin: 3, count: 11 } },
  ],
  { tolerance: 0 },
);
