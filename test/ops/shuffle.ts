import { shuffle } from "../../lib/ops/shuffle.js";
import { testOp } from "./harness.js";

testOp(
  shuffle,
  [
    { shapes: { x: [2, 3, 5, 12] }, attributes: { block: 2 } },
    { shapes: { x: [1, 2, 1, 9] }, attributes: { block: 3 } },
  ],
  { tolerance: 0 },
);
