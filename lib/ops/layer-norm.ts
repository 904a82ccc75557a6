/**
 * y = x̂·γ + β,  x̂ = (x − μ) / √(σ² + eps), μ and σ² over the channels of each row.
 * Ba, Kiros & Hinton 2016, "Layer Normalization", equation 4.
 */
import { defineOp, type ReferenceTensor } from "../graph/op.js";

export const layerNorm = defineOp({
  name: "layerNorm",
  operands: { x: { shape: "... C" }, gamma: { shape: "C", dtype: "f32" }, beta: { shape: "C", dtype: "f32" } },
  attributes: { eps: { kind: "float", default: 1e-5 } },
  results: { y: { shape: "... C" } },
  gradient(graph, { operands: { x, gamma }, attributes, upstream: { y: dy } }) {
    if (!dy) return {};
    const { dx, dgamma, dbeta } = layerNormGradient(graph, { x, gamma, dy }, attributes);
    return { x: dx, gamma: dgamma, beta: dbeta };
  },
  reference({ x, gamma, beta, y }, { eps }) {
    const channels = gamma.data.length;
    const { normalized } = normalize(x, channels, eps);
    for (let i = 0; i < x.data.length; i++) {
      y.data[i] = normalized[i] * gamma.data[i % channels] + beta.data[i % channels];
    }
  },
});

/** dgamma = Σ dy·x̂, dbeta = Σ dy over all rows; dx = ( dx̂ − mean(dx̂) − x̂·mean(dx̂·x̂) ) / √(σ² + eps), dx̂ = dy·γ. */
export const layerNormGradient = defineOp({
  name: "layerNormGradient",
  operands: { x: { shape: "... C" }, gamma: { shape: "C", dtype: "f32" }, dy: { shape: "... C" } },
  attributes: { eps: { kind: "float", default: 1e-5 } },
  results: { dx: { shape: "... C" }, dgamma: { shape: "C", dtype: "f32" }, dbeta: { shape: "C", dtype: "f32" } },
  reference({ x, gamma, dy, dx, dgamma, dbeta }, { eps }) {
    const channels = gamma.data.length;
    const { normalized, inverse } = normalize(x, channels, eps);
    for (let first = 0; first < x.data.length; first += channels) {
      let sum = 0;
      let product = 0;
      for (let c = 0; c < channels; c++) {
        const i = first + c;
        dgamma.data[c] += dy.data[i] * normalized[i];
        dbeta.data[c] += dy.data[i];
        dx.data[i] = dy.data[i] * gamma.data[c];
        sum += dx.data[i];
        product += dx.data[i] * normalized[i];
      }
      for (let i = first; i < first + channels; i++) {
        dx.data[i] = inverse[first / channels] * (dx.data[i] - sum / channels - (normalized[i] * product) / channels);
      }
    }
  },
});

/** x̂, and 1/√(σ² + eps) of each row. */
function normalize(x: ReferenceTensor, channels: number, eps: number) {
  const normalized = new Float64Array(x.data.length);
  const inverse = new Float64Array(x.data.length / channels);
  for (let row = 0; row < inverse.length; row++) {
    const values = x.data.subarray(row * channels, (row + 1) * channels);
    const mean = values.reduce((sum, value) => sum + value, 0) / channels;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
    inverse[row] = 1 / Math.sqrt(variance + eps);
    values.forEach((value, c) => {
      normalized[row * channels + c] = (value - mean) * inverse[row];
    });
  }
  return { normalized, inverse };
}
