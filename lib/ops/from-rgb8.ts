/** y = x / 127.5 − 1: bytes to [−1, 1]. */
import { defineOp } from "../graph/op.js";

export const fromRgb8 = defineOp({
  name: "fromRgb8",
  operands: { x: { shape: "...", dtype: "u8" } },
  results: { y: { shape: "...", dtype: "f32" } },
  reference({ x, y }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] / 127.5 - 1;
  },
});
