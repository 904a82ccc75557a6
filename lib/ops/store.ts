/** target ← value: keeps a value in state after the run. */
import { defineOp } from "../graph/op.js";

export const store = defineOp({
  name: "store",
  operands: { value: { shape: "..." }, target: { shape: "...", mutates: true } },
  results: {},
  reference({ value, target }) {
    target.data.set(value.data);
  },
});
