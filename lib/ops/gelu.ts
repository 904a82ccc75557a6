/**
 * y = x · Φ(x) = x/2 · (1 + erf(x/√2)), elementwise; the exact form, not the tanh one.
 * Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2.
 */
import { defineOp } from "../graph/op.js";

export const gelu = defineOp({
  name: "gelu",
  operands: { x: { shape: "..." } },
  results: { y: { shape: "..." } },
  gradient: (graph, { operands: { x }, upstream: { y: dy } }) => ({ x: dy && geluGradient(graph, { x, dy }) }),
  reference({ x, y }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] * normalProbability(x.data[i]);
  },
});

/** dx = dy · (Φ(x) + x · φ(x)). */
export const geluGradient = defineOp({
  name: "geluGradient",
  operands: { x: { shape: "..." }, dy: { shape: "..." } },
  results: { dx: { shape: "..." } },
  reference({ x, dy, dx }) {
    for (let i = 0; i < x.data.length; i++) dx.data[i] = dy.data[i] * geluSlope(x.data[i]);
  },
});

/** d gelu / dx = Φ(x) + x · φ(x), φ the density of the standard normal. */
export function geluSlope(x: number): number {
  return normalProbability(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

/**
 * Φ(x) to about 1e-15: by its power series near zero, Φ(x) = ½ + φ(x) Σ x^(2k+1) / (1·3·5…(2k+1)), and by Laplace's
 * continued fraction of the tail farther out. Abramowitz & Stegun 1964, 26.2.11 and 26.2.14.
 */
export function normalProbability(x: number): number {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) > 5) {
    let fraction = Math.abs(x);
    for (let k = 60; k >= 1; k--) fraction = Math.abs(x) + k / fraction;
    return x > 0 ? 1 - density / fraction : density / fraction;
  }
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + density * sum;
}
