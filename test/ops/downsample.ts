import { downsample } from "../../lib/ops/downsample.js";
import { testOp } from "./harness.js";

testOp(downsample, [{ shapes: { x: [1, 2, 2, 1] } }, { shapes: { x: [2, 6, 10, 9] } }], { tolerance: 1e-6 });
