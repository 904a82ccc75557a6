/**
 * y[n, p, c] = x[n, p, c] · (1 + scale[n, c]) + shift[n, c]: a norm's output steered by an embedding.
 * Perez et al. 2018, "FiLM"; Dhariwal & Nichol 2021, section 3 (adaptive group normalization).
 */
import { defineOp } from "../graph/op.js";

export const modulate = defineOp({
  name: "modulate",
  operands: { x: { shape: "N ... C" }, scale: { shape: "N C" }, shift: { shape: "N C" } },
  results: { y: { shape: "N ... C" } },
  gradient(graph, { operands: { x, scale }, upstream: { y: dy } }) {
    if (!dy) return {};
    const { dx, dscale, dshift } = modulateGradient(graph, { x, scale, dy });
    return { x: dx, scale: dscale, shift: dshift };
  },
  reference({ x, scale, shift, y }) {
    const [images, channels] = scale.shape;
    const size = x.data.length / images;
    for (let i = 0; i < x.data.length; i++) {
      const nc = Math.floor(i / size) * channels + (i % channels);
      y.data[i] = x.data[i] * (1 + scale.data[nc]) + shift.data[nc];
    }
  },
});

/** dx = dy · (1 + scale), dscale = Σₚ dy · x, dshift = Σₚ dy. */
export const modulateGradient = defineOp({
  name: "modulateGradient",
  operands: { x: { shape: "N ... C" }, scale: { shape: "N C" }, dy: { shape: "N ... C" } },
  results: { dx: { shape: "N ... C" }, dscale: { shape: "N C" }, dshift: { shape: "N C" } },
  reference({ x, scale, dy, dx, dscale, dshift }) {
    const [images, channels] = scale.shape;
    const size = x.data.length / images;
    for (let i = 0; i < x.data.length; i++) {
      const nc = Math.floor(i / size) * channels + (i % channels);
      dx.data[i] = dy.data[i] * (1 + scale.data[nc]);
      dscale.data[nc] += dy.data[i] * x.data[i];
      dshift.data[nc] += dy.data[i];
    }
  },
});
