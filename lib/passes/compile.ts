/**
 * The passes in their order: from the graph that model code built to a verified program.
 *
 *     simplify → removeDead → fuse → removeDead → strict → withEpilogues → removeDead → withTwoSources → removeDead
 *     → withMoments → rounding → lower → plan → verifyPlan
 */
import type { Graph } from "../graph/graph.js";
import { attention } from "../ops/attention.js";
import { conv2d } from "../ops/conv2d.js";
import type { Layout, Program } from "../program/program.js";
import { withAttributes } from "./attributes.js";
import { withEpilogues } from "./epilogues.js";
import { fuse } from "./fuse.js";
import { type Lowering, lower } from "./lower.js";
import { withMoments } from "./moments.js";
import { plan } from "./plan.js";
import { removeDead } from "./remove-dead.js";
import { simplify } from "./simplify.js";
import { withTwoSources } from "./two-sources.js";
import { verifyPlan } from "./verify-plan.js";

/** The regions' layouts that a session's programs share. */
export interface SharedLayouts {
  readonly weights: Layout;
  readonly state: Layout;
}

export interface CompileOptions {
  /** What the session's programs agree on, see `loweringOf`; without it everything stays f32. */
  readonly lowering?: Lowering;
  /** Whether convolutions must not round more than direct sums do. Default false. */
  readonly strict?: boolean;
  /** Whether convolutions give the norms behind them the moments of what they store. Default false. */
  readonly moments?: boolean;
  /** Whether products finish what they store by the rules of epilogues.ts. Default false. */
  readonly epilogues?: boolean;
  /** Whether norms and convolutions read the sides of a concatenation. Default false. */
  readonly twoSources?: boolean;
  /** Called with every pass's name and the graph that it gave; for printing. */
  readonly observe?: (pass: string, graph: Graph) => void;
}

const graphPasses = [
  ["simplify", (graph: Graph) => simplify(graph).graph],
  ["remove-dead", (graph: Graph) => removeDead(graph).graph],
  ["fuse", (graph: Graph) => fuse(graph).graph],
  ["remove-fused", (graph: Graph) => removeDead(graph).graph],
  [
    "strict",
    (graph: Graph, { strict }: CompileOptions) =>
      strict ? withAttributes(graph, conv2d.definition, { accuracy: "strict" }).graph : graph,
  ],
  [
    "epilogues",
    (graph: Graph, { epilogues }: CompileOptions) => (epilogues ? removeDead(withEpilogues(graph).graph).graph : graph),
  ],
  [
    "two-sources",
    (graph: Graph, { twoSources }: CompileOptions) =>
      twoSources ? removeDead(withTwoSources(graph).graph).graph : graph,
  ],
  ["moments", (graph: Graph, { moments }: CompileOptions) => (moments ? withMoments(graph).graph : graph)],
  // Attention has no weights that could say that products are in bf16.
  [
    "rounding",
    (graph: Graph, { lowering }: CompileOptions) =>
      lowering?.weights && lowering.dtype === "bf16" && lowering.activations === "f32"
        ? withAttributes(graph, attention.definition, { rounding: "bf16" }).graph
        : graph,
  ],
  ["lower", (graph: Graph, { lowering }: CompileOptions) => (lowering ? lower(graph, lowering).graph : graph)],
] as const;

/** The program of `graph`, which is not changed. Throws CP_GRAPH_INVALID, see `plan`. */
export function compile(graph: Graph, layouts: SharedLayouts, options: CompileOptions = {}): Program {
  const steps = stages(graph, layouts, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** `compile` with a turn of the event loop after every pass. */
export async function compileAsync(
  graph: Graph,
  layouts: SharedLayouts,
  options: CompileOptions = {},
): Promise<Program> {
  const steps = stages(graph, layouts, options);
  let step = steps.next();
  while (!step.done) {
    await new Promise(setImmediate);
    step = steps.next();
  }
  return step.value;
}

function* stages(source: Graph, layouts: SharedLayouts, options: CompileOptions): Generator<void, Program> {
  let graph = source;
  for (const [name, pass] of graphPasses) {
    graph = pass(graph, options);
    options.observe?.(name, graph);
    yield;
  }
  const program = plan(graph, layouts);
  yield;
  verifyPlan(graph, program);
  return program;
}
