import { unshuffle } from "../../lib/ops/unshuffle.js";
import { testOp } from "./harness.js";

testOp(
  unshuffle,
  [
    { shapes: { x: [2, 6, 10, 3] }, attributes: { block: 2 } },
    { shapes: { x: [1, 6, 3, 1] }, attributes: { block: 3 } },
  ],
  { tolerance: 0 },
);
