/**
 * The same values by fewer nodes:
 *
 *     x + 0 = x   1·x = x   a·(b·x) = (ab)·x   slice(concat(a, b)) = a or b   concat(slices of x) = x
 *
 * and one node for equal ops of equal values.
 */
import { type Graph, storageOf, type Value } from "../graph/graph.js";
import type { OpDefinition } from "../graph/op.js";
import { sameShape } from "../graph/pattern.js";
import { add } from "../ops/add.js";
import { concatChannels } from "../ops/concat-channels.js";
import { concatTokens } from "../ops/concat-tokens.js";
import { fill } from "../ops/fill.js";
import { scaleBy } from "../ops/scale-by.js";
import { sliceChannels } from "../ops/slice-channels.js";
import { sliceTokens } from "../ops/slice-tokens.js";
import { type Rewritten, type Rule, rewrite, type Site } from "./rewrite.js";

/** The graph under the rules above. What became superfluous is left for `removeDead`. */
export function simplify(source: Graph): Rewritten {
  return rewrite(source, rules, { share: true });
}

const addZeros: Rule = {
  on: add.definition,
  rewrite({ operands: { a, b }, stable }) {
    if (isZero(b!) && stable(a!)) return a;
    return isZero(a!) && stable(b!) ? b : null;
  },
};

const scaleByOne: Rule = {
  on: scaleBy.definition,
  rewrite: ({ operands: { x }, attributes, stable }) => (attributes.factor === 1 && stable(x!) ? x : null),
};

const scaleTwice: Rule = {
  on: scaleBy.definition,
  rewrite({ graph, operands, attributes, producer }) {
    const inner = producer(operands.x, scaleBy.definition);
    if (!inner) return null;
    const factor = Number(inner.attributes.factor) * Number(attributes.factor);
    return Number.isFinite(factor) ? scaleBy(graph, { x: inner.operands.x! }, { factor }) : null;
  },
};

/** A slice of everything, and a slice that is one side of a concatenation; `axis` counts from the end. */
function sliceOfConcat(slice: OpDefinition, concat: OpDefinition, axis: number): Rule {
  return {
    on: slice,
    rewrite(site) {
      const { x } = site.operands;
      const begin = Number(site.attributes.begin);
      const count = Number(site.attributes.count);
      if (count === x!.shape.at(axis)) return stableOrNull(site, x!);
      const sides = site.producer(x, concat)?.operands;
      if (!sides) return null;
      const split = sides.a!.shape.at(axis)!;
      if (begin === 0 && count === split) return stableOrNull(site, sides.a!);
      return begin === split && count === sides.b!.shape.at(axis) ? stableOrNull(site, sides.b!) : null;
    },
  };
}

/** Two adjacent slices that together are all of one value. */
function concatOfSlices(concat: OpDefinition, slice: OpDefinition): Rule {
  return {
    on: concat,
    rewrite(site) {
      const left = site.producer(site.operands.a, slice);
      const right = site.producer(site.operands.b, slice);
      const x = left?.operands.x;
      if (!x || !right || right.operands.x !== x) return null;
      const adjacent = left.attributes.begin === 0 && right.attributes.begin === left.attributes.count;
      return adjacent && sameShape(x.shape, site.node.results[0].shape) ? stableOrNull(site, x) : null;
    },
  };
}

const rules: readonly Rule[] = [
  addZeros,
  scaleByOne,
  scaleTwice,
  sliceOfConcat(sliceChannels.definition, concatChannels.definition, -1),
  sliceOfConcat(sliceTokens.definition, concatTokens.definition, -2),
  concatOfSlices(concatChannels.definition, sliceChannels.definition),
  concatOfSlices(concatTokens.definition, sliceTokens.definition),
];

function stableOrNull(site: Site, value: Value): Value | null {
  return site.stable(value) ? value : null;
}

function isZero(value: Value): boolean {
  const node = storageOf(value).producer;
  return (
    node?.op === fill.definition && node.attributes[Object.keys(fill.definition.attributes).indexOf("value")] === 0
  );
}
