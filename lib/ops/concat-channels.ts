/** y = a and then b along the last axis. */
import type { Graph, Value } from "../graph/graph.js";
import { defineOp, type ReferenceTensor } from "../graph/op.js";
import { sliceChannels } from "./slice-channels.js";

export const concatChannels = defineOp({
  name: "concatChannels",
  operands: { a: { shape: "... A" }, b: { shape: "... B" } },
  results: { y: { shape: "... A+B" } },
  gradient(graph, { operands: { a, b }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    const [A, B] = [a.shape[a.shape.length - 1], b.shape[b.shape.length - 1]];
    return {
      a: wants("a") ? sliceChannels(graph, { x: dy }, { begin: 0, count: A }) : null,
      b: wants("b") ? sliceChannels(graph, { x: dy }, { begin: A, count: B }) : null,
    };
  },
  reference({ a, b, y }) {
    const A = a.shape[a.shape.length - 1];
    const B = b.shape[b.shape.length - 1];
    for (let row = 0; row < a.data.length / A; row++) {
      y.data.set(a.data.subarray(row * A, (row + 1) * A), row * (A + B));
      y.data.set(b.data.subarray(row * B, (row + 1) * B), row * (A + B) + A);
    }
  },
});

/** What an op of two sources reads: x and then `more`, where there is one. */
export function joined(graph: Graph, x: Value, more: Value | null): Value {
  return more ? concatChannels(graph, { a: x, b: more }) : x;
}

/** The gradient of `joined`'s sources from that of its result. */
export function parted(
  graph: Graph,
  dy: Value | null,
  x: Value,
  more: Value | null,
): { x: Value | null; more?: Value | null } {
  if (!dy || !more) return { x: dy };
  const [channels, others] = [x, more].map(({ shape }) => shape[shape.length - 1]);
  return {
    x: sliceChannels(graph, { x: dy }, { begin: 0, count: channels }),
    more: sliceChannels(graph, { x: dy }, { begin: channels, count: others }),
  };
}

/** `joined` on the reference device. */
export function joinedTensor(x: ReferenceTensor, more: ReferenceTensor | undefined): ReferenceTensor {
  if (!more) return x;
  const channels = x.shape[x.shape.length - 1] + more.shape[more.shape.length - 1];
  const y = { shape: [...x.shape.slice(0, -1), channels], data: new Float64Array(x.data.length + more.data.length) };
  concatChannels.definition.reference({ a: x, b: more, y }, {});
  return y;
}
