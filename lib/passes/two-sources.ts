/**
 * Lets norms and convolutions read the two sides of a concatenation where these lie, so that it is never written:
 *
 *     groupNorm(concatChannels(a, b)), conv2d(concatChannels(a, b))   → x = a, more = b
 *
 * A concatenation that anything else reads is computed anyway, and stays for all.
 */
import type { Graph, Node } from "../graph/graph.js";
import type { OpDefinition } from "../graph/op.js";
import { concatChannels } from "../ops/concat-channels.js";
import { conv2d, conv2dShifted } from "../ops/conv2d.js";
import { groupNorm } from "../ops/group-norm.js";
import { emit, type Rewritten, type Rule, rewrite } from "./rewrite.js";

/** The graph under the rule above. Expects no dead nodes: they count as uses. What has no reader is left dead. */
export function withTwoSources(source: Graph): Rewritten {
  return rewrite(source, rules);
}

/** All of them have operands x and `more`, in this order and before any other. */
const readers: readonly OpDefinition[] = [groupNorm.definition, conv2d.definition, conv2dShifted.definition];

const takesTwo = ({ op, operands: [x, more, ...others] }: Node): boolean =>
  readers.includes(op) && !more && !others.includes(x);

const rules = readers.map(
  (on): Rule => ({
    on,
    rewrite({ graph, operands, attributes, readersOf, producer }) {
      const both = producer(operands.x, concatChannels.definition);
      if (!both || !readersOf("x").every(takesTwo)) return null;
      return emit(graph, on, { ...operands, x: both.operands.a, more: both.operands.b }, attributes);
    },
  }),
);
