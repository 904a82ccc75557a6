import { store } from "../../lib/ops/store.js";
import { testOp } from "./harness.js";

testOp(store, [
  { shapes: { value: [1], target: [1] }, tolerance: 0 },
  { shapes: { value: [3, 9001], target: [3, 9001] }, tolerance: 0 },
]);
