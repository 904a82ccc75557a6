/** Lets every attention of a graph round what it multiplies to bf16, as products with weights in bf16 do: see `attention`. */
import type { Graph } from "../graph/graph.js";
import { attention } from "../ops/attention.js";
import { emit, type Rewritten, type Rule, rewrite } from "./rewrite.js";

/** The graph with attention that may round as much as bf16 does. */
export function withRounding(source: Graph): Rewritten {
  return rewrite(source, [roundingAttention]);
}

const roundingAttention: Rule = {
  on: attention.definition,
  rewrite({ graph, operands, attributes }) {
    return emit(graph, attention.definition, operands, { ...attributes, rounding: "bf16" });
  },
};
