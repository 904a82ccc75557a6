/**
 * y[p] = Σᵣ weights[r, p] · x[r·P + p]: the branches of a batch, r of the R and p of the P pictures, summed as guidance
 * weighs them. Ho & Salimans 2022, "Classifier-Free Diffusion Guidance", equation 6, for any number of branches.
 * A branch of weight 0 contributes exactly nothing. No gradient.
 */
import { defineOp } from "../graph/op.js";

export const combineBranches = defineOp({
  name: "combineBranches",
  operands: { x: { shape: "B ..." }, weights: { shape: "R P", dtype: "f32" } },
  results: { y: { shape: "P ...", dtype: "f32" } },
  where: ["B == R*P"],
  reference({ x, weights, y }) {
    const size = x.data.length / x.shape[0];
    const pictures = weights.shape[1];
    for (let branch = 0; branch < x.shape[0]; branch++) {
      const weight = weights.data[branch];
      if (weight === 0) continue;
      const p = branch % pictures;
      for (let i = 0; i < size; i++) y.data[p * size + i] += weight * x.data[branch * size + i];
    }
  },
});
