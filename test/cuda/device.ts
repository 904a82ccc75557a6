/**
 * The CUDA device without a GPU: the whole library over the emulator, from a program's first run through its recorded ones,
 * in every schedule; how it says no; and what becomes of `cuda` and `auto` on a machine that has none.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { Graph } from "../../lib/graph/graph.js";
import { openDevice } from "../../lib/machine/choose.js";
import { openCudaDevice } from "../../lib/machine/cuda.js";
import type { Device } from "../../lib/machine/device.js";
import { listDevices } from "../../lib/machine/list.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { adamw } from "../../lib/ops/adamw.js";
import { add } from "../../lib/ops/add.js";
import { linear } from "../../lib/ops/linear.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { silu } from "../../lib/ops/silu.js";
import { store } from "../../lib/ops/store.js";
import { compile } from "../../lib/passes/compile.js";
import { DeviceWeights } from "../../lib/session/device-weights.js";
import { Session } from "../../lib/session/session.js";
import { relativeError } from "../passes/finite-differences.js";
import { layoutsOf } from "../passes/run-program.js";

const rows = 37;
const columns = 24;
const random = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 7.1 * i));

/** s ← silu(s W) / 2 + x, over [rows, columns]. */
function stepGraph(): Graph {
  const graph = new Graph();
  const state = graph.state("s", [rows, columns]);
  const product = linear(graph, { x: state, weight: graph.parameter("weight", [columns, columns]) });
  const half = scaleBy(graph, { x: silu(graph, { x: product }) }, { factor: 0.5 });
  store(graph, { value: add(graph, { a: half, b: graph.input("x", [rows, columns]) }), target: state });
  return graph;
}

/** The state after each of five steps with other inputs, then after two steps on another state. */
async function steps(device: Device): Promise<ArrayLike<number>[]> {
  const parameters = new Map([["weight", { shape: [columns, columns], data: random(columns ** 2, 1) }]]);
  const session = await Session.open({ device, programs: { step: stepGraph() }, parameters });
  const states: ArrayLike<number>[] = [];
  for (let step = 0; step < 5; step++) {
    await session.run("step", { x: random(rows * columns, step) });
    states.push(await session.readState("s"));
  }
  const other = session.createState();
  for (let step = 0; step < 2; step++) await session.run("step", { x: random(rows * columns, step) }, { state: other });
  states.push(await session.readState("s", other));
  other.free();
  await session.close();
  return states;
}

describe("cuda-emulated", () => {
  it("first, recorded and replayed runs give what the reference gives, with the same bits in every schedule", async () => {
    const reference = openReferenceDevice();
    const expected = await steps(reference);
    await reference.close();
    let first: ArrayLike<number>[] | null = null;
    for (const index of [0, 1, 2]) {
      const device = openCudaDevice({ index, emulated: true, dtype: "f32" });
      const got = await steps(device);
      await device.close();
      for (const [i, state] of got.entries())
        assert.ok(relativeError(state, Float64Array.from(expected[i])) < 1e-6, `${i}`);
      first ??= got;
      assert.deepEqual(got, first);
    }
  });

  it("packs weights anew after they were written anew, and a recorded run sees them", async () => {
    const device = openCudaDevice({ emulated: true, dtype: "f32" });
    const weights = (seed: number) => ({ shape: [columns, columns], data: random(columns ** 2, seed) });
    const shared = await DeviceWeights.load(device, new Map([["weight", weights(1)]]));
    const session = await Session.open({ device, programs: { step: stepGraph() }, parameters: shared });
    const one = async () => {
      await session.writeState("s", random(rows * columns, 3));
      await session.run("step", { x: new Float32Array(rows * columns) });
      return session.readState("s");
    };
    const before = [await one(), await one(), await one()];
    await shared.region.write(0, weights(2).data);
    const after = [await one(), await one(), await one()];
    assert.deepEqual(before, [before[0], before[0], before[0]]);
    assert.deepEqual(after, [after[0], after[0], after[0]]);
    assert.notDeepEqual(after[0], before[0]);
    await session.close();
    shared.free();
    await device.close();
  });

  it("a raised signal ends a run between instructions", async () => {
    const device = openCudaDevice({ emulated: true });
    const graph = new Graph();
    const state = graph.state("s", [300, 1000]);
    let x = state;
    for (let i = 0; i < 400; i++) x = silu(graph, { x });
    store(graph, { value: x, target: state });
    const loaded = device.load(compile(graph, layoutsOf(graph)));
    const memory = { weights: device.createRegion(0), state: device.createRegion(1_200_000) };
    const controller = new AbortController();
    const run = device.run(loaded, memory, { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    await assert.rejects(run, { code: "CP_CANCELLED" });
    await device.close();
  });

  it("refuses an op without a kernel, by name and place", async () => {
    const device = openCudaDevice({ emulated: true });
    const graph = new Graph();
    const state = (name: string) => graph.state(name, [8]);
    const leaves = { parameter: state("p"), moment1: state("m"), moment2: state("v"), average: state("a") };
    const inputs = { gradient: graph.input("g", [8]), clip: graph.input("c", [1]), settings: graph.input("o", [8]) };
    adamw(graph, { ...leaves, ...inputs });
    const load = () => device.load(compile(graph, layoutsOf(graph)));
    assert.throws(load, { code: "CP_OP_UNSUPPORTED", message: /^instruction 0.*adamw has no CUDA kernel/ });
    await device.close();
  });

  it("says how much memory is needed and how much is free before it takes any", async () => {
    const device = openCudaDevice({ emulated: true });
    const { totalBytes, freeBytes } = device.memory();
    assert.ok(freeBytes <= totalBytes);
    const region = device.createRegion(2 ** 20);
    assert.equal(device.memory().freeBytes, freeBytes - 2 ** 20);
    const wanted = 2 ** 40;
    assert.throws(() => device.createRegion(wanted), {
      code: "CP_OOM_DEVICE",
      message: /needs 1099511627776 bytes.* are free/,
    });
    region.free();
    assert.equal(device.memory().freeBytes, freeBytes);
    await device.close();
  });

  it("refuses a number that no device has", () => {
    assert.throws(() => openCudaDevice({ index: 99, emulated: true }), {
      code: "CP_CUDA_NO_DEVICE",
      message: /no GPU number 99, but 16/,
    });
  });
});

/** What opening `name` comes to in a process with these variables: the device's kind, what was skipped, warnings, time. */
function openElsewhere(name: string, env: Record<string, string>) {
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const code = `import { openDevice } from ${module("../../lib/machine/choose.js")};
    const warnings = [];
    process.on("warning", ({ code }) => warnings.push(code));
    const begun = performance.now();
    let result;
    try {
      const { device, skipped } = openDevice(${JSON.stringify(name)});
      result = { kind: device.info.kind, skipped };
      await device.close();
    } catch (error) {
      result = { code: error.code, message: error.message };
    }
    const elapsedMs = performance.now() - begun;
    await new Promise(setImmediate);
    console.log(JSON.stringify({ ...result, warnings, elapsedMs }));`;
  const ended = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", code], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  assert.equal(ended.status, 0, ended.stderr);
  return JSON.parse(ended.stdout);
}

describe("cuda without a GPU", () => {
  before(async function () {
    const { devices } = await listDevices();
    if (devices.some(({ kind }) => kind === "cuda")) this.skip();
  });

  it("cuda says why not, at once; auto computes on the CPU and keeps the reason", () => {
    const cuda = openElsewhere("cuda", {});
    assert.equal(cuda.code, "CP_CUDA_NO_DRIVER", cuda.message);
    assert.ok(cuda.elapsedMs < 1000, `${cuda.elapsedMs} ms`);
    const auto = openElsewhere("auto", {});
    assert.equal(auto.kind, "cpu");
    assert.deepEqual(auto.warnings, []);
    assert.deepEqual(auto.skipped, [{ kind: "cuda", isa: "", code: "CP_CUDA_NO_DRIVER", reason: cuda.message }]);
    assert.ok(auto.elapsedMs < 1000, `${auto.elapsedMs} ms`);
  });

  it("a library that is none, or of another build, is refused; auto warns once", () => {
    const broken = { COUNTERPOINT_CUDA_LIBRARY: import.meta.filename };
    assert.equal(openElsewhere("cuda", broken).code, "CP_NATIVE_LOAD");
    const auto = openElsewhere("auto", broken);
    assert.deepEqual([auto.kind, auto.warnings], ["cpu", ["CP_NATIVE_LOAD"]]);
    const foreign = { COUNTERPOINT_CUDA_LIBRARY: "libc.so.6" };
    assert.equal(openElsewhere("cuda", foreign).code, "CP_CUDA_NO_DRIVER");
  });

  it("COUNTERPOINT_DEVICE stands for auto, and for nothing else", () => {
    assert.equal(openElsewhere("auto", { COUNTERPOINT_DEVICE: "reference" }).kind, "reference");
    assert.equal(openElsewhere("cpu", { COUNTERPOINT_DEVICE: "reference" }).kind, "cpu");
    assert.equal(openElsewhere("auto", { COUNTERPOINT_DEVICE: "gpu" }).code, "CP_ARG_RANGE");
  });

  it("a name with a number is that device", async () => {
    const { device, skipped } = openDevice("cuda-emulated:2");
    assert.deepEqual([device.info.kind, device.info.index, skipped], ["cuda-emulated", 2, []]);
    await device.close();
  });
});
