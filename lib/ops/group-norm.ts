/**
 * y = act( (x̂·γ + β)·(1 + scale) + shift ),  x̂ = (x − μ) / √(σ² + eps)
 *
 * μ and σ² over all positions and the C/groups adjacent channels of one image and group; γ, β a channel each; scale and
 * shift a channel of each image each, both or neither. Wu & He 2018, "Group Normalization", equations 1 to 5; scale and
 * shift as in Dhariwal & Nichol 2021, section 3. Where `moments` are given, as `groupMoments` gives them, μ and σ² are merged
 * from those (Chan, Golub & LeVeque 1983, equation 2.1), and gradients pass them by. Where `more` is given, its channels follow
 * those of x, and y has both.
 */
import type { Value } from "../graph/graph.js";
import { defineOp, type ReferenceTensor } from "../graph/op.js";
import { joined, joinedTensor, parted } from "./concat-channels.js";
import { modulate } from "./modulate.js";
import { silu } from "./silu.js";

const normAttributes = {
  groups: { kind: "int" },
  eps: { kind: "float", default: 1e-5 },
  activation: { kind: "choice", values: ["none", "silu"], default: "none" },
} as const;

export const groupNorm = defineOp({
  name: "groupNorm",
  operands: {
    x: { shape: "N ... C" },
    more: { shape: "N ... D", optional: true },
    gamma: { shape: "C+D", dtype: "f32" },
    beta: { shape: "C+D", dtype: "f32" },
    scale: { shape: "N C+D", optional: true },
    shift: { shape: "N C+D", optional: true },
    moments: { shape: "N B 2 C+D", dtype: "f32", optional: true },
  },
  attributes: normAttributes,
  results: { y: { shape: "N ... C+D" } },
  where: ["(C+D) % groups == 0", "rows % B == 0"],
  gradient(graph, { operands: { x, more, gamma, beta, scale, shift }, attributes, upstream: { y: dy } }) {
    if (!dy) return {};
    const d = groupNormGradient(graph, { x: joined(graph, x, more), gamma, beta, scale, shift, dy }, attributes);
    const vectors = { gamma: d.dgamma, beta: d.dbeta, scale: scale && d.dscale, shift: shift && d.dshift };
    return { ...parted(graph, d.dx, x, more), ...vectors };
  },
  definition(graph, { x, more, gamma, beta, scale, shift, moments }, { groups, eps, activation }): Value {
    // Of one source, without modulation and activation, it is a primitive.
    let y = groupNorm(graph, { x: joined(graph, x, more), gamma, beta, moments }, { groups, eps });
    if (scale && shift) y = modulate(graph, { x: y, scale, shift });
    return activation === "silu" ? silu(graph, { x: y }) : y;
  },
  reference({ x: first, more, gamma, beta, scale, shift, moments, y }, { groups, eps, activation }) {
    const x = joinedTensor(first, more);
    const { normalized } = normalize(x, groups, eps, moments);
    const channels = gamma.data.length;
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const nc = Math.floor(i / (x.data.length / x.shape[0])) * channels + c;
      const norm = normalized[i] * gamma.data[c] + beta.data[c];
      const z = norm * (1 + (scale?.data[nc] ?? 0)) + (shift?.data[nc] ?? 0);
      y.data[i] = activation === "silu" ? z / (1 + Math.exp(-z)) : z;
    }
  },
});

/** Of every `block` positions of an image, the mean of each channel and the sum of squared deviations from it. */
export const groupMoments = defineOp({
  name: "groupMoments",
  operands: { x: { shape: "N ... C" } },
  attributes: { block: { kind: "int" } },
  results: { moments: { shape: "N rows/block 2 C", dtype: "f32" } },
  reference({ x, moments }, { block }) {
    const channels = x.shape[x.shape.length - 1];
    const placeOf = (i: number) => Math.floor(i / (block * channels)) * 2 * channels + (i % channels);
    x.data.forEach((value, i) => {
      moments.data[placeOf(i)] += value / block;
    });
    x.data.forEach((value, i) => {
      moments.data[placeOf(i) + channels] += (value - moments.data[placeOf(i)]) ** 2;
    });
  },
});

/**
 * The gradients of `groupNorm`, whose statistics it computes again. With dz = dy·act′(z), A = Σₚ dz and B = Σₚ dz·x̂ over
 * the positions p of one image and channel:
 *
 *     dshift = A   dscale = γB + βA   dbeta = Σₙ (1+scale)A   dgamma = Σₙ (1+scale)B
 *     dx = ( dx̂ − mean(dx̂) − x̂·mean(dx̂·x̂) ) / √(σ² + eps),  dx̂ = dz·(1+scale)·γ,  means over image and group
 */
export const groupNormGradient = defineOp({
  name: "groupNormGradient",
  operands: {
    x: { shape: "N ... C" },
    gamma: { shape: "C", dtype: "f32" },
    beta: { shape: "C", dtype: "f32" },
    scale: { shape: "N C", optional: true },
    shift: { shape: "N C", optional: true },
    dy: { shape: "N ... C" },
  },
  attributes: normAttributes,
  results: {
    dx: { shape: "N ... C" },
    dgamma: { shape: "C", dtype: "f32" },
    dbeta: { shape: "C", dtype: "f32" },
    dscale: { shape: "N C" },
    dshift: { shape: "N C" },
  },
  where: ["C % groups == 0"],
  reference({ x, gamma, beta, scale, shift, dy, dx, dgamma, dbeta, dscale, dshift }, { groups, eps, activation }) {
    const { normalized, inverse, groupOf } = normalize(x, groups, eps);
    const channels = gamma.data.length;
    const sums = new Float64Array(inverse.length);
    const products = new Float64Array(inverse.length);
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const nc = Math.floor(i / (x.data.length / x.shape[0])) * channels + c;
      const factor = 1 + (scale?.data[nc] ?? 0);
      const norm = normalized[i] * gamma.data[c] + beta.data[c];
      const z = norm * factor + (shift?.data[nc] ?? 0);
      const sigmoid = 1 / (1 + Math.exp(-z));
      const dz = dy.data[i] * (activation === "silu" ? sigmoid * (1 + z * (1 - sigmoid)) : 1);
      dshift.data[nc] += dz;
      dscale.data[nc] += dz * norm;
      dbeta.data[c] += dz * factor;
      dgamma.data[c] += dz * factor * normalized[i];
      dx.data[i] = dz * factor * gamma.data[c];
      sums[groupOf(i)] += dx.data[i];
      products[groupOf(i)] += dx.data[i] * normalized[i];
    }
    const count = x.data.length / inverse.length;
    for (let i = 0; i < x.data.length; i++) {
      const g = groupOf(i);
      dx.data[i] = inverse[g] * (dx.data[i] - sums[g] / count - (normalized[i] * products[g]) / count);
    }
  },
});

/** x̂, and 1/√(σ² + eps) of each image and group; `groupOf` gives an element's place in the latter. */
function normalize(x: ReferenceTensor, groups: number, eps: number, moments?: ReferenceTensor) {
  const images = x.shape[0];
  const channels = x.shape[x.shape.length - 1];
  // Without moments, every element is a mean of its own.
  const placeOf = (part: number) => Math.floor(part / channels) * 2 * channels + (part % channels);
  const meanOf = (part: number) => (moments ? moments.data[placeOf(part)] : x.data[part]);
  const varianceOf = (part: number) => (moments ? moments.data[placeOf(part) + channels] / elements : 0);
  const parts = moments ? moments.data.length / 2 : x.data.length;
  const elements = x.data.length / parts;
  const groupAmong = (count: number) => (i: number) =>
    Math.floor((i * images) / count) * groups + Math.floor(((i % channels) * groups) / channels);
  const [groupOf, groupOfPart] = [groupAmong(x.data.length), groupAmong(parts)];
  const share = (images * groups) / parts;
  const mean = new Float64Array(images * groups);
  const inverse = new Float64Array(images * groups);
  for (let part = 0; part < parts; part++) mean[groupOfPart(part)] += meanOf(part) * share;
  for (let part = 0; part < parts; part++) {
    const g = groupOfPart(part);
    inverse[g] += (varianceOf(part) + (meanOf(part) - mean[g]) ** 2) * share;
  }
  for (let g = 0; g < inverse.length; g++) inverse[g] = 1 / Math.sqrt(inverse[g] + eps);
  return { normalized: x.data.map((value, i) => (value - mean[groupOf(i)]) * inverse[groupOf(i)]), inverse, groupOf };
}
