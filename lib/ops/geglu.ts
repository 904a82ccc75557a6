/**
 * y = a · gelu(b), a the first and b the second half of the channels of x: a gated linear unit behind one linear layer
 * for both halves. Shazeer 2020, "GLU Variants Improve Transformer", equation 6, with the halves as in diffusers' GEGLU.
 */
import { defineOp } from "../graph/op.js";
import { product } from "../graph/pattern.js";
import { gelu, geluSlope, normalProbability } from "./gelu.js";
import { multiply } from "./multiply.js";
import { sliceChannels } from "./slice-channels.js";

export const geglu = defineOp({
  name: "geglu",
  operands: { x: { shape: "... D" } },
  results: { y: { shape: "... D/2" } },
  gradient: (graph, { operands: { x }, upstream: { y: dy } }) => ({ x: dy && gegluGradient(graph, { x, dy }) }),
  definition(graph, { x }) {
    const count = x.shape[x.shape.length - 1] / 2;
    const gate = gelu(graph, { x: sliceChannels(graph, { x }, { begin: count, count }) });
    return multiply(graph, { a: sliceChannels(graph, { x }, { begin: 0, count }), b: gate });
  },
  reference({ x, y }) {
    forEachPair(y.shape, (i, a, b) => {
      y.data[i] = x.data[a] * x.data[b] * normalProbability(x.data[b]);
    });
  },
});

/** da = dy · gelu(b), db = dy · a · gelu′(b). */
export const gegluGradient = defineOp({
  name: "gegluGradient",
  operands: { x: { shape: "... D" }, dy: { shape: "... D/2" } },
  results: { dx: { shape: "... D" } },
  reference({ x, dy, dx }) {
    forEachPair(dy.shape, (i, a, b) => {
      dx.data[a] = dy.data[i] * x.data[b] * normalProbability(x.data[b]);
      dx.data[b] = dy.data[i] * x.data[a] * geluSlope(x.data[b]);
    });
  },
});

/** body(i, a, b) for each element i of y [... C] and the places in x [... 2C] of the two that it is made of. */
function forEachPair(shape: readonly number[], body: (i: number, a: number, b: number) => void): void {
  const channels = shape[shape.length - 1];
  for (let i = 0; i < product(shape); i++) {
    const a = i + Math.floor(i / channels) * channels;
    body(i, a, a + channels);
  }
}
