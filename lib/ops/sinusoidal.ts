/**
 * y[n] = [cos(t·f₀) … cos(t·f_{h−1}), sin(t·f₀) … sin(t·f_{h−1})],  fᵢ = maxPeriod^(−i/h),  h = width/2
 *
 * The embedding of a timestep t[n]; an angle t·fᵢ of 1.6e6 or more on either side has neither, and gives NaN. Vaswani et al.
 * 2017, section 3.5, in the arrangement of guided-diffusion (Dhariwal & Nichol 2021): cosines first. No gradient.
 */
import { defineOp } from "../graph/op.js";

export const sinusoidal = defineOp({
  name: "sinusoidal",
  operands: { t: { shape: "N", dtype: "f32" } },
  attributes: { width: { kind: "int" }, maxPeriod: { kind: "float", default: 10000 } },
  results: { y: { shape: "N width", dtype: "f32" } },
  where: ["width % 2 == 0"],
  reference({ t, y }, { width, maxPeriod }) {
    const half = width / 2;
    for (let n = 0; n < t.data.length; n++) {
      for (let i = 0; i < half; i++) {
        const product = t.data[n] * maxPeriod ** (-i / half);
        const angle = Math.abs(product) < 1.6e6 ? product : Number.NaN;
        y.data[n * width + i] = Math.cos(angle);
        y.data[n * width + half + i] = Math.sin(angle);
      }
    }
  },
});
