import { gatherRows, gatherRowsGradient } from "../../lib/ops/gather-rows.js";
import { type Element, testOp } from "./harness.js";

/** The first, the last and both sides of four tokens. */
const index: Element = (_, image) => [0, 3, -1, 4, 2 ** 31 - 1][image];
const options = { values: { index }, tolerance: 0 };

testOp(gatherRows, [{ shapes: { x: [5, 4, 3], index: [5] } }], options);
testOp(gatherRowsGradient, [{ shapes: { dy: [5, 3], index: [5] }, attributes: { tokens: 4 } }], options);
