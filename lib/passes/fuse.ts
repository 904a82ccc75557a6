/**
 * Puts work into the optional operands and attributes of the op before or after it, so that a value makes one trip
 * through memory less. Every rule keeps the mathematics: the fused op's definition is what it replaces.
 *
 *     modulate(groupNorm(x))   → groupNorm with scale and shift
 *     silu(groupNorm(x))       → groupNorm with activation
 *     conv2d(upsample(x))      → conv2d with upsample
 *     conv2d(x) + r, linear(x) + r → residual = r
 */
import type { Graph, Value } from "../graph/graph.js";
import { add } from "../ops/add.js";
import { conv2d } from "../ops/conv2d.js";
import { groupNorm } from "../ops/group-norm.js";
import { linear } from "../ops/linear.js";
import { modulate } from "../ops/modulate.js";
import { silu } from "../ops/silu.js";
import { upsample } from "../ops/upsample.js";
import { emit, type Rewritten, type Rule, rewrite, type Site, viewOf } from "./rewrite.js";

/** The graph under the rules above. Expects no dead nodes: they count as uses. What was fused is left dead. */
export function fuse(source: Graph): Rewritten {
  return rewrite(source, rules);
}

const normThenModulate: Rule = {
  on: modulate.definition,
  rewrite({ graph, operands: { x, scale, shift }, usedOnce, producer }) {
    const norm = producer(x, groupNorm.definition);
    if (!norm || !usedOnce("x") || norm.operands.scale || norm.attributes.activation !== "none") return null;
    return emit(graph, groupNorm.definition, { ...norm.operands, scale, shift }, norm.attributes);
  },
};

const normThenSilu: Rule = {
  on: silu.definition,
  rewrite({ graph, operands: { x }, usedOnce, producer }) {
    const norm = producer(x, groupNorm.definition);
    if (!norm || !usedOnce("x") || norm.attributes.activation !== "none") return null;
    return emit(graph, groupNorm.definition, norm.operands, { ...norm.attributes, activation: "silu" });
  },
};

const upsampleThenConvolve: Rule = {
  on: conv2d.definition,
  rewrite({ graph, operands, attributes, usedOnce, producer }) {
    const enlarged = producer(operands.x, upsample.definition);
    if (!enlarged || !usedOnce("x") || attributes.stride !== 1 || attributes.upsample !== 1) return null;
    return emit(graph, conv2d.definition, { ...operands, x: enlarged.operands.x }, { ...attributes, upsample: 2 });
  },
};

/** The later of the two sides takes the other as its residual: that one is ready by then, and nothing waits longer. */
const addResidual: Rule = {
  on: add.definition,
  rewrite(site) {
    const { a, b } = site.operands;
    return residualInto(site, "b", a!) ?? residualInto(site, "a", b!);
  },
};

function residualInto(site: Site, side: string, other: Value): Value | null {
  const value = site.operands[side]!;
  // The sum may be of a view, as where tokens become an image again: the fused op keeps its own shape.
  const product = value.viewOf ?? value;
  for (const op of [conv2d.definition, linear.definition]) {
    const producer = site.producer(product, op);
    if (!producer || !site.usedOnce(side) || producer.operands.residual) continue;
    if (site.placeOf(other) >= producer.index) continue;
    const residual = viewOf(site.graph, other, product.shape);
    return emit(site.graph, op, { ...producer.operands, residual }, producer.attributes);
  }
  return null;
}

const rules: readonly Rule[] = [normThenModulate, normThenSilu, upsampleThenConvolve, addResidual];
