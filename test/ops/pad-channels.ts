import { padChannels } from "../../lib/ops/pad-channels.js";
import { testOp } from "./harness.js";

testOp(
  padChannels,
  [
    { shapes: { x: [5] }, attributes: { before: 0, after: 0 } },
    { shapes: { x: [2, 3, 3, 11] }, attributes: { before: 3, after: 5 } },
  ],
  { tolerance: 0 },
);
