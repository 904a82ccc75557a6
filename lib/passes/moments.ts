/**
 * Lets convolutions give the moments of what they store to the norms that read it, for which these would read it once more:
 *
 *     groupNorm(conv2d(x))                            → y, m = conv2dWithMoments(x); groupNorm(y, moments = m)
 *     groupNorm(concatChannels(conv2d(x), conv2d(z))) → the same of both, and their moments concatenated, as where
 *                                                       the norm reads them as two sources
 */
import { type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { applyOp, namedAttributes, namedOperands } from "../graph/op.js";
import { concatChannels } from "../ops/concat-channels.js";
import { conv2d, conv2dWithMoments } from "../ops/conv2d.js";
import { groupNorm } from "../ops/group-norm.js";
import { Copy, emit, type Rewritten } from "./rewrite.js";

/** Positions that moments are of: those that a warp has of a channel. */
const block = 32;
/** Of an image: of more there are so many moments that merging them takes as long as making them anew. */
const mostPositions = 32_768;

/** The graph with moments wherever all that a norm reads comes from convolutions. */
export function withMoments(source: Graph): Rewritten {
  const convolutions = new Map<Node, readonly Node[]>();
  for (const node of source.nodes) {
    if (node.op !== groupNorm.definition) continue;
    const { x, more, moments } = namedOperands(node.op, node.operands);
    const behind = moments ? [null] : [x!, more].map((source) => (source ? convolutionsOf(source) : []));
    if (!behind.includes(null))
      convolutions.set(
        node,
        behind.flatMap((nodes) => nodes!),
      );
  }
  const wanted = new Set([...convolutions.values()].flat());
  const copy = new Copy(source);
  const momentsOf = new Map<Node, Value>();
  for (const node of source.nodes) {
    const operands = namedOperands(node.op, copy.operandsOf(node));
    const attributes = namedAttributes(node.op, node.attributes);
    copy.graph.scope(node.frame, () => {
      if (wanted.has(node)) {
        const made = applyOp(copy.graph, conv2dWithMoments.definition, operands, { ...attributes, block });
        copy.put(node.results[0], made.results[0]);
        momentsOf.set(node, made.results[1]);
        return;
      }
      const parts = convolutions.get(node)?.map((convolution) => momentsOf.get(convolution)!);
      if (!parts) return void copy.append(node);
      const moments = parts.reduce((a, b) => concatChannels(copy.graph, { a, b }));
      copy.put(node.results[0], emit(copy.graph, node.op, { ...operands, moments }, attributes));
    });
  }
  return { graph: copy.graph, valueOf: (old) => copy.of(old) };
}

/** The convolutions whose channels, one after the other, are those of `x`; null where it is made of anything else. */
function convolutionsOf(x: Value): readonly Node[] | null {
  const { shape, producer } = storageOf(x);
  if (!producer || shape[0] !== x.shape[0] || shape.at(-1) !== x.shape.at(-1)) return null;
  if (producer.op === concatChannels.definition) {
    const [a, b] = producer.operands.map((side) => convolutionsOf(side!));
    return a && b ? [...a, ...b] : null;
  }
  if (producer.op !== conv2d.definition) return null;
  const positions = shape[1] * shape[2];
  return positions % block === 0 && positions <= mostPositions ? [producer] : null;
}
