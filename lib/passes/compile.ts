/**
 * The passes in their order: from the graph that model code built to a verified program.
 *
 *     simplify → removeDead → fuse → removeDead → plan → verifyPlan
 */
import type { Graph } from "../graph/graph.js";
import type { Layout, Program } from "../program/program.js";
import { fuse } from "./fuse.js";
import { plan } from "./plan.js";
import { removeDead } from "./remove-dead.js";
import { simplify } from "./simplify.js";
import { verifyPlan } from "./verify-plan.js";

/** The regions' layouts that a session's programs share. */
export interface SharedLayouts {
  readonly weights: Layout;
  readonly state: Layout;
}

/** Called with every pass's name and the graph that it gave; for printing. */
export type Observe = (pass: string, graph: Graph) => void;

const graphPasses = [
  ["simplify", (graph: Graph) => simplify(graph).graph],
  ["remove-dead", (graph: Graph) => removeDead(graph).graph],
  ["fuse", (graph: Graph) => fuse(graph).graph],
  ["remove-fused", (graph: Graph) => removeDead(graph).graph],
] as const;

/** The program of `graph`, which is not changed. Throws CP_GRAPH_INVALID, see `plan`. */
export function compile(graph: Graph, layouts: SharedLayouts, observe?: Observe): Program {
  const steps = stages(graph, layouts, observe);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** `compile` with a turn of the event loop after every pass. */
export async function compileAsync(graph: Graph, layouts: SharedLayouts, observe?: Observe): Promise<Program> {
  const steps = stages(graph, layouts, observe);
  let step = steps.next();
  while (!step.done) {
    await new Promise(setImmediate);
    step = steps.next();
  }
  return step.value;
}

function* stages(source: Graph, layouts: SharedLayouts, observe?: Observe): Generator<void, Program> {
  let graph = source;
  for (const [name, pass] of graphPasses) {
    graph = pass(graph);
    observe?.(name, graph);
    yield;
  }
  const program = plan(graph, layouts);
  yield;
  verifyPlan(graph, program);
  return program;
}
