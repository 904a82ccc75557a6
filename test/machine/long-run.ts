/** A program that keeps the CPU busy for a while, for what happens in mid-run. */
import { Graph } from "../../lib/graph/graph.js";
import type { Device, DeviceRegion, LoadedProgram } from "../../lib/machine/device.js";
import { linear } from "../../lib/ops/linear.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { store } from "../../lib/ops/store.js";
import { compile } from "../../lib/passes/compile.js";
import { layoutsOf } from "../passes/run-program.js";

export const width = 256;

export interface Prepared {
  readonly loaded: LoadedProgram;
  readonly memory: { readonly weights: DeviceRegion; readonly state: DeviceRegion };
}

/** x ← x · W / 2 over [width, width], `times` times, each about a millisecond. */
export function prepareRun(device: Device, times: number): Prepared {
  const graph = new Graph();
  const state = graph.state("x", [width, width]);
  const weight = graph.parameter("w", [width, width]);
  const product = linear(graph, { x: state, weight });
  store(graph, { value: scaleBy(graph, { x: product }, { factor: 0.5 }), target: state });
  const once = compile(graph, layoutsOf(graph));
  const program = { ...once, instructions: Array.from({ length: times }, () => once.instructions).flat() };
  const memory = {
    weights: device.createRegion(program.weights.bytes),
    state: device.createRegion(program.state.bytes),
  };
  return { loaded: device.load(program), memory };
}
