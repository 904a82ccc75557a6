/** Sets attributes of every node of one op. */
import type { Graph } from "../graph/graph.js";
import type { OpDefinition } from "../graph/op.js";
import { emit, type Rewritten, rewrite } from "./rewrite.js";

/** The graph with `set` among the attributes of all nodes of `op`, in the place of what they had by these names. */
export function withAttributes(
  source: Graph,
  op: OpDefinition,
  set: Readonly<Record<string, number | string>>,
): Rewritten {
  return rewrite(source, [
    { on: op, rewrite: ({ graph, operands, attributes }) => emit(graph, op, operands, { ...attributes, ...set }) },
  ]);
}
