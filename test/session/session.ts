/** Sessions on the reference device: shared weights and state, every refusal, training, comparison, closing. */
import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import type { Device } from "../../lib/machine/device.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { add } from "../../lib/ops/add.js";
import { linear } from "../../lib/ops/linear.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { silu } from "../../lib/ops/silu.js";
import { store } from "../../lib/ops/store.js";
import type { Program } from "../../lib/program/program.js";
import { DeviceWeights } from "../../lib/session/device-weights.js";
import { initialise } from "../../lib/session/initialise.js";
import { Session } from "../../lib/session/session.js";
import { testDevices } from "../ops/devices.js";

/** keys ← x·w + b. */
function prepare(): Graph {
  const graph = new Graph();
  const [weight, bias] = [graph.parameter("w", [2, 3], { mean: 0, std: 1 }), graph.parameter("b", [3])];
  const y = graph.scope("encoder", () => linear(graph, { x: graph.input("x", [1, 2]), weight, bias }));
  store(graph, { value: y, target: graph.state("keys", [1, 3]) });
  return graph;
}

/** latent ← silu(latent + keys·w2) + noise. */
function step(): Graph {
  const graph = new Graph();
  const latent = graph.state("latent", [1, 3]);
  const weight = graph.parameter("w2", [3, 3], { mean: 0, std: 0.5 });
  const y = graph.scope("net", () => linear(graph, { x: graph.state("keys", [1, 3]), weight, residual: latent }));
  const noise = graph.input("noise", [1, 3]);
  const next = add(graph, { a: graph.scope("net.activation", () => silu(graph, { x: y })), b: noise });
  store(graph, { value: next, target: latent });
  return graph;
}

const programs = () => ({ prepare: prepare(), step: step() });
const parameters = () =>
  new Map([
    ["w", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["b", { shape: [3], data: Float32Array.of(0.5, 0.5, 0.5) }],
    ["w2", { shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }],
  ]);
const noise = Float32Array.of(1, 2, 3);

describe("Session", () => {
  let device: Device;
  beforeEach(() => {
    device = openReferenceDevice();
  });
  afterEach(() => device.close());
  const open = (trainable = false) =>
    Session.open({ device, programs: programs(), parameters: parameters(), trainable });

  for (const trainable of [false, true]) {
    it(`programs share weights and state, parameters in ${trainable ? "state" : "weights"}`, async () => {
      const session = await open(trainable);
      await session.run("prepare", { x: Float32Array.of(1, -1) });
      assert.deepEqual(await session.readState("keys"), Float32Array.of(-2.5, -2.5, -2.5));
      await session.writeState("latent", Float32Array.of(2.5, 2.5, 2.5));
      await session.run("step", { noise });
      assert.deepEqual(await session.readState("latent"), noise);
      const snapshot = await session.parametersSnapshot();
      assert.deepEqual(snapshot, parameters());
      const [tensors, inputs, arena] = [5, 2, 2];
      assert.equal(session.memoryBytes, 64 * (tensors + inputs + arena));
      await session.close();
    });
  }

  it("a trainable session reads and writes parameters as state", async () => {
    const session = await open(true);
    await session.writeState("b", Float32Array.of(7, 8, 9));
    assert.deepEqual((await session.parametersSnapshot()).get("b")?.data, Float32Array.of(7, 8, 9));
    await session.close();
    const fixed = await open();
    await assert.rejects(fixed.readState("b"), {
      code: "CP_ARG_UNKNOWN",
      message: /no state "b"; there are keys, latent/,
    });
    await fixed.close();
  });

  const wrongParameters: readonly [string, (given: ReturnType<typeof parameters>) => void, string, RegExp][] = [
    ["a missing one", (given) => given.delete("b"), "CP_WEIGHTS_MISSING", /1 missing: "b"/],
    ["an extra one", (given) => given.set("z", given.get("b")!), "CP_WEIGHTS_UNEXPECTED", /1 not in the model: "z"/],
    [
      "a transposed one",
      (given) => given.set("w", { shape: [3, 2], data: new Float32Array(6) }),
      "CP_WEIGHTS_SHAPE",
      /w \(f32 \[3,2\] of 6 elements, expected f32 \[2,3\]\)/,
    ],
    [
      "too few elements",
      (given) => given.set("b", { shape: [3], data: new Float32Array(2) }),
      "CP_WEIGHTS_SHAPE",
      /of 2/,
    ],
    [
      "another dtype",
      (given) => given.set("b", { shape: [3], data: new Int32Array(3) as unknown as Float32Array<ArrayBuffer> }),
      "CP_WEIGHTS_SHAPE",
      /expected f32 \[3\]/,
    ],
    [
      "everything at once",
      (given) => {
        given.delete("b");
        given.set("w", { shape: [6], data: new Float32Array(6) });
        for (let i = 0; i < 30; i++) given.set(`extra ${i}`, { shape: [1], data: new Float32Array(1) });
      },
      "CP_WEIGHTS_MISSING",
      /1 missing: "b"; 1 of another shape: .*; 30 not in the model: "extra 0", .*"extra 19", …$/,
    ],
  ];
  for (const [name, change, code, message] of wrongParameters) {
    it(`refuses parameters with ${name}, before allocating`, async () => {
      const given = parameters();
      change(given);
      const unused = { ...device, createRegion: () => assert.fail("allocated") } as unknown as Device;
      await assert.rejects(Session.open({ device: unused, programs: programs(), parameters: given }), {
        code,
        message,
      });
    });
  }

  it("states of one session do not see each other", async () => {
    const session = await open();
    const [one, other] = [session.createState(), session.createState()];
    await Promise.all([
      session.run("step", { noise }, { state: one }),
      session.run("step", { noise: Float32Array.of(4, 5, 6) }, { state: other }),
    ]);
    assert.deepEqual(await session.readState("latent", one), noise);
    assert.deepEqual(await session.readState("latent", other), Float32Array.of(4, 5, 6));
    assert.deepEqual(await session.readState("latent"), new Float32Array(3));
    for (const state of [one, other]) state.free();
    await session.close();
  });

  it("sessions share weights that are on the device, whatever their order, and leave them there", async () => {
    const shared = await DeviceWeights.load(device, new Map([...parameters()].reverse()));
    for (const x of [1, 2]) {
      await using session = await Session.open({ device, programs: programs(), parameters: shared });
      await session.run("prepare", { x: Float32Array.of(x, -x) });
      assert.deepEqual(await session.readState("keys"), new Float32Array(3).fill(0.5 - 3 * x));
    }
    const wrong = await DeviceWeights.load(device, new Map([...parameters()].slice(1)));
    await assert.rejects(Session.open({ device, programs: programs(), parameters: wrong }), {
      code: "CP_GRAPH_INVALID",
      message: /parameter "w" f32 \[2,3\] is in no layout/,
    });
    shared.free();
    wrong.free();
  });

  it("parameters given in any order land where programs read them", async () => {
    const reversed = new Map([...parameters()].reverse());
    for (const trainable of [false, true]) {
      await using session = await Session.open({ device, programs: programs(), parameters: reversed, trainable });
      assert.deepEqual(await session.parametersSnapshot(), parameters());
    }
  });

  it("a state is saved whole and restored only where it fits", async () => {
    const session = await open(true);
    await session.run("prepare", { x: Float32Array.of(1, -1) });
    const saved = await session.stateSnapshot();
    assert.deepEqual([...saved.keys()].sort(), ["b", "keys", "latent", "w", "w2"]);
    await session.run("step", { noise });
    await session.restoreState(saved);
    assert.deepEqual(await session.stateSnapshot(), saved);
    const changes: readonly ((tensors: typeof saved) => unknown)[] = [
      (tensors) => tensors.delete("b"),
      (tensors) => tensors.set("extra", saved.get("b")!),
      (tensors) => tensors.set("b", { shape: [1, 3], data: new Float32Array(3) }),
    ];
    for (const change of changes) {
      const tensors = new Map(saved);
      change(tensors);
      await assert.rejects(session.restoreState(tensors), { code: "CP_CHECKPOINT_MISMATCH" });
    }
    await session.close();
  });

  const wrongInputs: readonly [string, string, Record<string, unknown>, string, RegExp][] = [
    ["a program that is not there", "paint", {}, "CP_ARG_UNKNOWN", /no program "paint"; there are prepare, step/],
    ["an input that is not there", "step", { noise, x: noise }, "CP_ARG_UNKNOWN", /no input "x"; there are noise/],
    ["a missing input", "step", {}, "CP_ARG_TYPE", /"noise" is undefined, expected Float32Array of 3/],
    ["an input of another dtype", "step", { noise: new Int32Array(3) }, "CP_ARG_TYPE", /is Int32Array/],
    ["an input of another length", "step", { noise: new Float32Array(4) }, "CP_ARG_SHAPE", /has 4 elements/],
    ["an input that is no array", "step", { noise: null }, "CP_ARG_TYPE", /is null/],
  ];
  for (const [name, program, inputs, code, message] of wrongInputs) {
    it(`refuses ${name}`, async () => {
      const session = await open();
      await assert.rejects(session.run(program, inputs as never), { code, message });
      await session.close();
    });
  }

  it("a raised signal cancels without changing the state", async () => {
    const session = await open();
    await assert.rejects(session.run("step", { noise }, { signal: AbortSignal.abort() }), { code: "CP_CANCELLED" });
    const controller = new AbortController();
    const run = session.run("step", { noise }, { signal: controller.signal });
    controller.abort();
    await assert.rejects(run, { code: "CP_CANCELLED" });
    assert.deepEqual(await session.readState("latent"), new Float32Array(3));
    await session.close();
  });

  it("closing cancels what runs, may be repeated, and everything after it is refused", async () => {
    const session = await open();
    const run = session.run("step", { noise });
    const [, closed] = await Promise.allSettled([assert.rejects(run, { code: "CP_CANCELLED" }), session.close()]);
    assert.equal(closed.status, "fulfilled");
    await session.close();
    await assert.rejects(session.run("step", { noise }), { code: "CP_CLOSED" });
    await assert.rejects(session.readState("latent"), { code: "CP_CLOSED" });
    await assert.rejects(session.parametersSnapshot(), { code: "CP_CLOSED" });
  });

  it("compare agrees on every device and leaves the state alone", async () => {
    for (const { name, variants } of testDevices()) {
      const options = { device: variants[0], programs: programs(), parameters: parameters() };
      const session = await Session.open(options);
      await session.run("prepare", { x: Float32Array.of(0.3, 0.7) });
      const { compared, largestError, disagreement } = await session.compare("step", { noise });
      assert.deepEqual({ compared, disagreement }, { compared: 3, disagreement: null });
      assert.ok(largestError < 1e-6, `${name}: ${largestError}`);
      assert.deepEqual(await session.readState("latent"), new Float32Array(3));
      await session.close();
    }
  });

  it("profile times every instruction and leaves the state alone", async () => {
    const session = await open();
    await session.run("prepare", { x: Float32Array.of(0.3, 0.7) });
    const before = await session.stateSnapshot();
    const times = await session.profile("step", { noise }, { repetitions: 2 });
    assert.equal(times.length, 3);
    for (const { ms, op, shapes } of times) assert.ok(ms >= 0 && op !== "" && shapes.length > 0);
    assert.deepEqual(await session.stateSnapshot(), before);
    await session.close();
  });

  it("compare names the first instruction that disagrees", async () => {
    const broken = (program: Program): Program => ({
      ...program,
      instructions: program.instructions.map((it) => (it.op === silu.definition ? { ...it, op: scaledSilu } : it)),
    });
    const faulty: Device = {
      info: device.info,
      memory: () => device.memory(),
      createRegion: (bytes) => device.createRegion(bytes),
      load: (program) => ({ program, free: () => undefined }),
      run: (loaded, memory, options) => device.run(device.load(broken(loaded.program)), memory, options),
      close: () => device.close(),
    };
    const session = await Session.open({ device: faulty, programs: programs(), parameters: parameters() });
    await session.writeState("latent", Float32Array.of(1, 2, 3));
    const { compared, disagreement } = await session.compare("step", { noise });
    assert.equal(compared, 2);
    const { error, ...rest } = disagreement!;
    assert.deepEqual(rest, { instruction: 1, op: "silu", frame: "net.activation", tensor: "y" });
    assert.ok(Math.abs(error - 0.01) < 1e-4);
    await session.close();
  });

  it("two kinds of one name, or one name in two shapes, contradict each other", async () => {
    const other = new Graph();
    const value = scaleBy(other, { x: other.parameter("w", [4]) }, { factor: 2 });
    store(other, { value, target: other.state("out", [4]) });
    const options = { device, programs: { ...programs(), other }, parameters: { seed: 1 } };
    await assert.rejects(Session.open(options), { code: "CP_GRAPH_INVALID", message: /"w" is parameter f32 \[2,3\]/ });
  });
});

const scaledSilu: typeof silu.definition = {
  ...silu.definition,
  reference(tensors, attributes) {
    silu.definition.reference(tensors, attributes);
    const y = tensors.y!;
    for (let i = 0; i < y.data.length; i++) y.data[i] *= 1.01;
  },
};

describe("initialise", () => {
  const leaves = (names: readonly string[], count = 9) => {
    const graph = new Graph();
    return names.map((name) => graph.parameter(name, [count], { mean: 2, std: 0.5 }));
  };

  it("depends on seed, name and element alone", async () => {
    const first = await initialise(leaves(["a", "b"]), 2 ** 40 + 1);
    const second = await initialise(leaves(["b", "c", "a"]), 2 ** 40 + 1);
    assert.deepEqual(first.get("a"), second.get("a"));
    assert.notDeepEqual(first.get("a")!.data, first.get("b")!.data);
    assert.notDeepEqual(first.get("a"), (await initialise(leaves(["a"]), 1)).get("a"));
    const longer = (await initialise(leaves(["a"], 10000), 2 ** 40 + 1)).get("a")!.data;
    assert.deepEqual(longer.slice(0, 9), first.get("a")!.data);
  });

  it("draws normals of the leaf's mean and deviation, and constants where that is 0", async () => {
    const data = (await initialise(leaves(["weight"], 40000), 3)).get("weight")!.data;
    const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
    const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
    const tail = data.filter((x) => Math.abs(x - 2) > 1).length / data.length; // beyond two deviations: 4.55 %
    assert.ok(Math.abs(mean - 2) < 0.01 && Math.abs(variance - 0.25) < 0.005 && Math.abs(tail - 0.0455) < 0.004);
    const graph = new Graph();
    const ones = await initialise([graph.parameter("gamma", [4], { mean: 1, std: 0 })], 3);
    assert.deepEqual(ones.get("gamma")!.data, new Float32Array(4).fill(1));
  });
});
