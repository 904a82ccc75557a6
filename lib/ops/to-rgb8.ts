/** target ← clamp(⌊(x + 1) · 127.5 + ½⌋, 0, 255) in f32 steps: [−1, 1] to bytes, the same on every device; NaN gives 0. */
import { defineOp } from "../graph/op.js";

export const toRgb8 = defineOp({
  name: "toRgb8",
  operands: { x: { shape: "...", dtype: "f32" }, target: { shape: "...", dtype: "u8", mutates: true } },
  results: {},
  reference({ x, target }) {
    for (let i = 0; i < x.data.length; i++) {
      const scaled = Math.fround(Math.fround(x.data[i] + 1) * 127.5);
      const value = Math.floor(Math.fround(Math.min(Math.max(scaled, 0), 255) + 0.5));
      target.data[i] = Number.isNaN(value) ? 0 : Math.min(value, 255);
    }
  },
});
