/** Runs a compiled graph once on a device, leaves given as `interpret` takes them. */
import type { Graph } from "../../lib/graph/graph.js";
import type { Device } from "../../lib/machine/device.js";
import { readNumbers, writeNumbers } from "../../lib/machine/execute.js";
import type { SharedLayouts } from "../../lib/passes/compile.js";
import { layoutOf } from "../../lib/passes/layout.js";
import { type Lowering, loweredLeaf } from "../../lib/passes/lower.js";
import type { Layout, Program } from "../../lib/program/program.js";

/** Parameters in the weights, or in the state after the state leaves. */
export function layoutsOf(
  graph: Graph,
  { trainable = false, lowering }: { trainable?: boolean; lowering?: Lowering } = {},
): SharedLayouts {
  const leaves = [...graph.leaves.values()].map((value) =>
    lowering ? { ...value, dtype: loweredLeaf(value, lowering) } : value,
  );
  const parameters = leaves.filter(({ leaf }) => leaf?.kind === "parameter");
  const states = leaves.filter(({ leaf }) => leaf?.kind === "state");
  return {
    weights: layoutOf("weights", trainable ? [] : parameters),
    state: layoutOf("state", trainable ? [...states, ...parameters] : states),
  };
}

/** The state's tensors by name after one run that starts from `leaves`. */
export async function runOnce(
  device: Device,
  program: Program,
  leaves: ReadonlyMap<string, Float64Array>,
): Promise<Map<string, ArrayLike<number>>> {
  const content = (layout: Layout) => {
    const bytes = new Uint8Array(layout.bytes);
    for (const [name, operand] of layout.tensors) {
      const data = ["parameter", "state", "input"].map((kind) => leaves.get(`${kind}:${name}`)).find((it) => it);
      if (data) writeNumbers(bytes.buffer, operand, data);
    }
    return bytes;
  };
  const weights = device.createRegion(program.weights.bytes);
  const state = device.createRegion(program.state.bytes);
  await weights.write(0, content(program.weights));
  await state.write(0, content(program.state));
  const loaded = device.load(program);
  await device.run(loaded, { weights, state }, { inputs: content(program.inputs) });
  const after = await state.read(0, program.state.bytes);
  loaded.free();
  weights.free();
  state.free();
  return new Map([...program.state.tensors].map(([name, operand]) => [name, readNumbers(after, operand)]));
}
