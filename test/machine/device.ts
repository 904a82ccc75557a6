/** The contract of every device: order of submission, state, rounding, cancellation, and what is refused. */
import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { openCudaDevice } from "../../lib/machine/cuda.js";
import type { Device } from "../../lib/machine/device.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { add } from "../../lib/ops/add.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { store } from "../../lib/ops/store.js";
import { compile } from "../../lib/passes/compile.js";
import { ownIsas } from "../../lib/program/isa.js";
import type { Program } from "../../lib/program/program.js";
import { layoutsOf } from "../passes/run-program.js";

const devices: readonly [string, () => Device][] = [
  ["reference", openReferenceDevice],
  ["cpu", () => openCpuDevice({ threads: 2 })],
  ["cuda-emulated", () => openCudaDevice({ emulated: true })],
  ["the plainest cpu", () => openCpuDevice({ threads: 1, isa: ownIsas.at(-1) })],
];

/** s ← 2·s + x, in elements [16]. */
function program(): Program {
  const graph = new Graph();
  const state = graph.state("s", [16]);
  const next = add(graph, { a: scaleBy(graph, { x: state }, { factor: 2 }), b: graph.input("x", [16]) });
  store(graph, { value: next, target: state });
  return compile(graph, layoutsOf(graph));
}

const inputs = new Uint8Array(new Float32Array(16).fill(0.1).buffer);

for (const [name, open] of devices) {
  describe(`device ${name}`, () => {
    it("keeps state between runs, rounds to f32 at every store, and runs in the order of submission", async () => {
      const device = open();
      const loaded = device.load(program());
      const [weights, state] = [device.createRegion(0), device.createRegion(64)];
      const runs = [
        device.run(loaded, { weights, state }, { inputs }),
        device.run(loaded, { weights, state }, { inputs }),
      ];
      const read = state.read(0, 64);
      await Promise.all(runs);
      const once = Math.fround(0.1);
      assert.equal(new Float32Array(await read)[15], Math.fround(Math.fround(2 * once) + once));
      await device.close();
    });

    it("a raised signal rejects with CP_CANCELLED, and the next run works", async () => {
      const device = open();
      const loaded = device.load(program());
      const memory = { weights: device.createRegion(0), state: device.createRegion(64) };
      const signal = AbortSignal.abort();
      await assert.rejects(device.run(loaded, memory, { inputs, signal }), { code: "CP_CANCELLED" });
      await device.run(loaded, memory, { inputs });
      await device.close();
    });

    it("refuses what has been freed or closed, another device's memory, and memory of the wrong size", async () => {
      const device = open();
      const loaded = device.load(program());
      const [weights, state] = [device.createRegion(0), device.createRegion(64)];
      const other = open();
      const foreign = other.createRegion(64);
      await assert.rejects(device.run(loaded, { weights, state: foreign }, { inputs }), { code: "CP_ARG_TYPE" });
      await assert.rejects(device.run(loaded, { weights, state: weights }, { inputs }), { code: "CP_ARG_SHAPE" });
      await assert.rejects(device.run(loaded, { weights, state }), { code: "CP_ARG_SHAPE" });
      await assert.rejects(state.write(32, new Uint8Array(33)), { code: "CP_ARG_RANGE" });
      await assert.rejects(state.read(-1, 4), { code: "CP_ARG_RANGE" });
      assert.throws(() => device.createRegion(2 ** 52), { code: /^CP_OOM_(HOST|DEVICE)$/ });
      state.free();
      state.free();
      await assert.rejects(state.read(0, 4), { code: "CP_CLOSED" });
      loaded.free();
      await assert.rejects(device.run(loaded, { weights, state }, { inputs }), { code: "CP_CLOSED" });
      await device.close();
      await device.close();
      assert.throws(() => device.createRegion(1), { code: "CP_CLOSED" });
      assert.throws(() => device.load(program()), { code: "CP_CLOSED" });
      await other.close();
      await assert.rejects(foreign.read(0, 1), { code: "CP_CLOSED" });
    });
  });
}
