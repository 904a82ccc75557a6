/** Makes every convolution of a graph one of accuracy "strict": see `conv2d`. */
import type { Graph } from "../graph/graph.js";
import { conv2d } from "../ops/conv2d.js";
import { emit, type Rewritten, type Rule, rewrite } from "./rewrite.js";

/** The graph with no convolution that rounds more than the direct sum. */
export function strictly(source: Graph): Rewritten {
  return rewrite(source, [strictConvolution]);
}

const strictConvolution: Rule = {
  on: conv2d.definition,
  rewrite({ graph, operands, attributes }) {
    return emit(graph, conv2d.definition, operands, { ...attributes, accuracy: "strict" });
  },
};
