/** Lowering to 16 bits: results as near as 16 bits allow, what must stay f32 stays so, and weights are converted once. */
import assert from "node:assert/strict";
import { prepareGraph, stepGraph } from "../../lib/composer/programs.js";
import { Graph, type RealDtype } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { interpret } from "../../lib/machine/interpret.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { add } from "../../lib/ops/add.js";
import { embedding } from "../../lib/ops/embedding.js";
import { linear } from "../../lib/ops/linear.js";
import { linearCombination } from "../../lib/ops/linear-combination.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { store } from "../../lib/ops/store.js";
import { compile } from "../../lib/passes/compile.js";
import { layoutOf } from "../../lib/passes/layout.js";
import { type Lowering, loweredLeaf, loweringOf } from "../../lib/passes/lower.js";
import { printInstruction } from "../../lib/program/print.js";
import type { Operand, Program } from "../../lib/program/program.js";
import { initialise } from "../../lib/session/initialise.js";
import { Session } from "../../lib/session/session.js";
import { parametersOf, tinyUnet } from "../composer/tiny-model.js";
import { seeded } from "../random.js";
import { relativeError } from "./finite-differences.js";
import { randomGraph } from "./random-graph.js";
import { layoutsOf, runOnce } from "./run-program.js";

const halves = ["f16", "bf16"] as const;

/** The programs of one session, lowered. */
function loweredPrograms(
  graphs: Record<string, Graph>,
  dtype: RealDtype,
  activations = dtype,
): Record<string, Program> {
  const lowering = loweringOf(Object.values(graphs), dtype, { activations });
  const leaves = Object.values(graphs).flatMap((graph) => [...graph.leaves.values()]);
  const layout = (region: "weights" | "state", kind: string) =>
    layoutOf(
      region,
      leaves.filter(({ leaf }) => leaf!.kind === kind).map((leaf) => lowered(leaf, lowering)),
    );
  const layouts = { weights: layout("weights", "parameter"), state: layout("state", "state") };
  return Object.fromEntries(
    Object.entries(graphs).map(([name, graph]) => [name, compile(graph, layouts, { lowering })]),
  );
}

function lowered(leaf: Parameters<typeof loweredLeaf>[0], lowering: Lowering) {
  return { ...leaf, dtype: loweredLeaf(leaf, lowering) };
}

describe("lower on random graphs", () => {
  it("errors are those of 16-bit storage, an eighth with the three more bits of f16", async () => {
    const sums = { f16: 0, bf16: 0 };
    for (let seed = 1; seed <= 40; seed++) {
      const { graph, leaves } = randomGraph(seed, 15, { states: true });
      const read = interpret(graph, leaves);
      for (const dtype of halves) {
        const lowering = loweringOf([graph], dtype);
        const program = compile(graph, layoutsOf(graph, { lowering }), { lowering });
        const state = await runOnce(openReferenceDevice(), program, leaves);
        for (const value of graph.leaves.values()) {
          if (value.leaf?.kind !== "state") continue;
          const error = relativeError(Float64Array.from(state.get(value.leaf.name)!), read(value));
          assert.ok(error < { f16: 8e-3, bf16: 6e-2 }[dtype], `seed ${seed}, ${dtype}: ${error}`);
          sums[dtype] += error ** 2;
        }
      }
    }
    const ratio = Math.sqrt(sums.bf16 / sums.f16);
    assert.ok(ratio > 5 && ratio < 13, `errors in bf16 are ${ratio} times those in f16`);
  });

  it("leaves a graph without weights, and every graph at f32, as it is", () => {
    const graph = new Graph();
    const sum = add(graph, { a: graph.input("x", [4]), b: graph.parameter("vector", [4]) });
    store(graph, { value: scaleBy(graph, { x: sum }, { factor: 3 }), target: graph.state("y", [4]) });
    const plain = compile(graph, layoutsOf(graph));
    assert.deepEqual(loweredPrograms({ only: graph }, "bf16").only, plain);
    const { graph: random } = randomGraph(3, 15, { states: true });
    assert.deepEqual(loweredPrograms({ only: random }, "f32").only, compile(random, layoutsOf(random)));
  });
});

describe("lower: states", () => {
  const shape = [2, 3];
  const product16 = (graph: Graph) =>
    linear(graph, { x: graph.input("x", shape), weight: graph.parameter("w", [3, 3]) });
  const writes = (value: (graph: Graph) => ReturnType<typeof product16>) => {
    const graph = new Graph();
    store(graph, { value: value(graph), target: graph.state("s", shape) });
    return graph;
  };
  const reads = () => {
    const graph = new Graph();
    const sum = add(graph, { a: graph.state("s", shape), b: graph.state("s", shape) });
    store(graph, { value: sum, target: graph.state("y", shape) });
    return graph;
  };
  const readsAsF32 = () => {
    const graph = new Graph();
    const out = linearCombination(graph, { x: graph.state("s", shape), coefficients: graph.input("c", [2, 3]) });
    store(graph, { value: out, target: graph.state("y", shape) });
    return graph;
  };
  const cases: [string, Graph[], string[]][] = [
    ["one that is stored from 16 bits and read", [writes(product16), reads()], ["s"]],
    ["not one that only the host reads", [writes(product16)], []],
    ["not one that only the host writes", [reads()], []],
    ["not one that is stored from f32", [writes((graph) => graph.input("x", shape)), reads()], []],
    ["not one that anybody needs in f32", [writes(product16), reads(), readsAsF32()], []],
    [
      "not one that is also stored from what is stored from f32",
      [
        writes(product16),
        reads(),
        writes((graph) => scaleBy(graph, { x: graph.state("t", shape) }, { factor: 2 })),
        (() => {
          const graph = new Graph();
          store(graph, { value: graph.input("x", shape), target: graph.state("t", shape) });
          return graph;
        })(),
      ],
      [],
    ],
  ];
  for (const [name, graphs, expected] of cases) {
    it(`keeps in 16 bits ${name}`, () => assert.deepEqual([...loweringOf(graphs, "bf16").states], expected));
  }

  it("a state read before and after it is changed is cast both times", async () => {
    const graph = new Graph();
    const [state, weight] = [graph.state("s", shape), graph.parameter("w", [3, 3])];
    const first = linear(graph, { x: state, weight });
    const doubled = linearCombination(graph, { x: state, coefficients: graph.input("c", [2, 3]) });
    store(graph, { value: doubled, target: state });
    const second = linear(graph, { x: state, weight });
    store(graph, { value: add(graph, { a: first, b: second }), target: graph.state("y", shape) });
    const leaves = new Map([
      ["state:s", Float64Array.of(1, 2, 3, 4, 5, 6)],
      ["parameter:w", Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)],
      ["input:c", Float64Array.of(2, 0, 0, 2, 0, 0)],
    ]);
    const { only } = loweredPrograms({ only: graph }, "bf16");
    const state16 = await runOnce(openReferenceDevice(), only, leaves);
    assert.deepEqual(Array.from(state16.get("y")!), [3, 6, 9, 12, 15, 18]);
  });
});

describe("lower: a composer", () => {
  const graphs = () => {
    const extent = { images: 2, branches: 2 };
    return { prepare: prepareGraph(tinyUnet, extent), step: stepGraph(tinyUnet, extent) };
  };

  it("stores activations and matrices in 16 bits and the rest in f32, and casts no weights", () => {
    const programs = loweredPrograms(graphs(), "bf16");
    const strict = new Set(["linearCombination", "gaussian", "toRgb8", "sinusoidal", "clamp"]);
    const narrow = new Set(["conv2d", "linear", "groupNorm", "attention", "silu", "add", "addMasked"]);
    for (const { instructions, weights, state } of Object.values(programs)) {
      for (const instruction of instructions) {
        const { op, operands } = instruction;
        const names = [...Object.keys(op.operands), ...Object.keys(op.results)];
        const byName = new Map(operands.map((operand, index): [string, Operand | null] => [names[index], operand]));
        const text = printInstruction(instruction);
        const result = byName.get("y");
        if (op.name === "cast") assert.notEqual(byName.get("x")?.region, "weights", text);
        if (strict.has(op.name))
          assert.ok(
            operands.every((it) => !it || !/16/.test(it.dtype)),
            text,
          );
        if (narrow.has(op.name)) assert.equal(result?.dtype, "bf16", text);
        if (op.name === "combineBranches") assert.equal(result?.dtype, "f32", text);
        for (const name of ["mask", "factor", "keyMask", "bias", "gamma", "beta", "weights"]) {
          assert.ok((byName.get(name)?.dtype ?? "f32") === "f32", text);
        }
      }
      for (const [name, { dtype, shape }] of weights.tensors) {
        assert.equal(dtype, shape.length >= 2 ? "bf16" : "f32", name);
      }
      for (const [name, { dtype }] of state.tensors) {
        assert.equal(dtype, name === "preview" ? "u8" : name === "latent" ? "f32" : "bf16", name);
      }
    }
    const casts = programs.step.instructions.filter(({ op }) => op.name === "cast").map(printInstruction);
    // The folded latent and the time's sinusoids on their way in, the prediction's result needs none.
    assert.equal(casts.length, 2, casts.join("\n"));
  });

  it("where activations stay f32, products read weights in bf16 and all else is f32", () => {
    for (const { instructions, weights, state } of Object.values(loweredPrograms(graphs(), "bf16", "f32"))) {
      for (const [name, { dtype, shape }] of weights.tensors) {
        assert.equal(dtype, shape.length >= 2 ? "bf16" : "f32", name);
      }
      for (const [name, { dtype }] of state.tensors) assert.equal(dtype, name === "preview" ? "u8" : "f32", name);
      for (const instruction of instructions) {
        const { op, operands } = instruction;
        const names = Object.keys(op.operands);
        const narrow = operands.flatMap((operand, index) => (operand?.dtype === "bf16" ? [names[index]] : []));
        const products = op.name.startsWith("conv2d") || op.name.startsWith("linear");
        const weighs = products && op.name !== "linearCombination";
        assert.deepEqual(narrow, weighs ? ["weight"] : [], printInstruction(instruction));
      }
    }
  });

  it("what else reads a matrix of weights gets it cast once, and a table's rows after they are taken", async () => {
    const graph = new Graph();
    const matrix = graph.parameter("matrix", [2, 3]);
    const table = graph.parameter("table", [4, 3]);
    const rows = embedding(graph, { table, ids: graph.input("ids", [2], "i32") });
    const sum = add(graph, { a: add(graph, { a: matrix, b: rows }), b: matrix });
    store(graph, { value: sum, target: graph.state("y", [2, 3]) });
    const { only } = loweredPrograms({ only: graph }, "bf16", "f32");
    const casts = only.instructions.filter(({ op }) => op.name === "cast");
    assert.deepEqual(
      casts.map(({ operands }) => operands[0]?.shape),
      [
        [2, 3],
        [2, 3],
      ],
    );
    const leaves = new Map([
      ["parameter:matrix", Float64Array.of(1, 2, 3, 4, 5, 6)],
      ["parameter:table", Float64Array.of(0, 0, 0, 10, 20, 30, 0, 0, 0, 40, 50, 60)],
      ["input:ids", Float64Array.of(1, 3)],
    ]);
    for (const device of [openReferenceDevice(), openCpuDevice({ threads: 1 })]) {
      const state = await runOnce(device, only, leaves);
      assert.deepEqual(Array.from(state.get("y")!), [12, 24, 36, 48, 60, 72]);
      await device.close();
    }
  });

  it("a lowered session gives what one in f32 gives, to the precision of 16 bits", async () => {
    const parameters = await initialise(parametersOf(Object.values(graphs())), 1);
    const latents = new Map<RealDtype, Float64Array>();
    for (const dtype of ["f32", ...halves] as const) {
      const device = openReferenceDevice({ dtype });
      const session = await Session.open({ device, programs: graphs(), parameters });
      for (const [name, graph] of Object.entries(graphs())) await session.run(name, inputsOf(graph));
      latents.set(dtype, Float64Array.from(await session.readState("latent")));
      await session.close();
    }
    const exact = latents.get("f32")!;
    const [f16, bf16] = halves.map((dtype) => relativeError(latents.get(dtype)!, exact));
    assert.ok(f16 < 2e-3 && bf16 < 1.5e-2 && bf16 > 3 * f16, `f16 is off by ${f16}, bf16 by ${bf16}`);
  });
});

/** Random inputs: masks of ones, coefficients of one step. */
function inputsOf(graph: Graph): Record<string, Float32Array | Int32Array> {
  const random = seeded(7);
  const inputs = [...graph.leaves.values()].filter(({ leaf }) => leaf!.kind === "input");
  return Object.fromEntries(
    inputs.map(({ leaf, shape, dtype }) => {
      const { name } = leaf!;
      if (dtype === "i32") return [name, new Int32Array(product(shape)).fill(3)];
      const values = Float32Array.from(random.normals(product(shape)));
      return [name, name.startsWith("mask") ? values.fill(1) : name === "t" ? values.fill(500) : values];
    }),
  );
}
