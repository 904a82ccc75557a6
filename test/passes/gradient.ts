/** Reverse mode on random graphs against central differences, its treatment of views and definitions, and its errors. */
import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { defineOp } from "../../lib/graph/op.js";
import { interpret } from "../../lib/machine/interpret.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { adamw } from "../../lib/ops/adamw.js";
import { add } from "../../lib/ops/add.js";
import { fill } from "../../lib/ops/fill.js";
import { mean } from "../../lib/ops/mean.js";
import { multiply } from "../../lib/ops/multiply.js";
import { silu } from "../../lib/ops/silu.js";
import { squaredError } from "../../lib/ops/squared-error.js";
import { compile } from "../../lib/passes/compile.js";
import { gradient } from "../../lib/passes/gradient.js";
import { seeded } from "../random.js";
import { checkGradient, relativeError } from "./finite-differences.js";
import { randomGraph } from "./random-graph.js";
import { layoutsOf, runOnce } from "./run-program.js";

/** y = silu(a·b) with a definition and no gradient of its own. */
const gate = defineOp({
  name: "gate",
  operands: { a: { shape: "..." }, b: { shape: "..." } },
  results: { y: { shape: "..." } },
  definition: (graph, { a, b }) => silu(graph, { x: multiply(graph, { a, b }) }),
  reference({ a, b, y }) {
    for (let i = 0; i < y.data.length; i++) {
      const z = a.data[i] * b.data[i];
      y.data[i] = z / (1 + Math.exp(-z));
    }
  },
});

const opaque = defineOp({
  name: "opaque",
  operands: { x: { shape: "..." } },
  results: { y: { shape: "..." } },
  reference({ x, y }) {
    y.data.set(x.data);
  },
});

const oneSided = defineOp({
  name: "oneSided",
  operands: { a: { shape: "..." }, b: { shape: "..." } },
  results: { y: { shape: "..." } },
  gradient: (_graph, { upstream: { y: dy } }) => ({ a: dy }),
  reference({ a, y }) {
    y.data.set(a.data);
  },
});

describe("gradient", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`random graph ${seed} agrees with central differences`, () => {
      const { graph, values, parameters, leaves } = randomGraph(seed, 7, { states: false });
      checkGradient({ graph, results: values, wrt: parameters, leaves, tolerance: 1e-5, seed });
    });
  }

  it("goes through the definition of an op without a rule, through views, and sums several readers", () => {
    const graph = new Graph();
    const a = graph.parameter("a", [2, 3]);
    const b = graph.parameter("b", [3, 2]);
    const y = gate(graph, { a, b: graph.reshape(b, [2, 3]) });
    const z = add(graph, { a: y, b: multiply(graph, { a: y, b: a }) });
    const random = seeded(1);
    const leaves = new Map([
      ["parameter:a", random.normals(6)],
      ["parameter:b", random.normals(6)],
    ]);
    checkGradient({ graph, results: [z], wrt: [a, b], leaves, tolerance: 1e-6 });
  });

  it("computes nothing for what is not wanted", () => {
    const graph = new Graph();
    const a = graph.parameter("a", [4]);
    const loss = mean(graph, { x: multiply(graph, { a, b: silu(graph, { x: graph.parameter("b", [4]) }) }) });
    const forward = graph.nodes.length;
    gradient(graph, loss, [a]);
    const names = graph.nodes.slice(forward).map((node) => node.op.name);
    assert.ok(!names.includes("siluGradient"), names.join(" "));
  });

  const errors: [string, (graph: Graph) => unknown, RegExp][] = [
    [
      "a loss that is no scalar",
      (graph) => gradient(graph, graph.parameter("a", [2]), [graph.parameter("a", [2])]),
      /shape \[1\], not \[2\]/,
    ],
    [
      "a parameter that the loss does not depend on",
      (graph) => gradient(graph, mean(graph, { x: graph.input("x", [2]) }), [graph.parameter("a", [2])]),
      /does not depend on 1 wanted values: a/,
    ],
    [
      "an op without gradient on the way",
      (graph) => {
        const a = graph.parameter("a", [2]);
        const y = graph.scope("block", () => opaque(graph, { x: a }));
        return gradient(graph, mean(graph, { x: y }), [a]);
      },
      /block: opaque has no gradient/,
    ],
    [
      "an operand that a rule leaves out",
      (graph) => {
        const [a, b] = [graph.parameter("a", [2]), graph.parameter("b", [2])];
        return gradient(graph, mean(graph, { x: oneSided(graph, { a, b }) }), [a, b]);
      },
      /oneSided has no gradient for its "b"/,
    ],
  ];
  for (const [name, build, message] of errors) {
    it(`refuses ${name}`, () => assert.throws(() => build(new Graph()), { code: "CP_GRAPH_INVALID", message }));
  }

  it("a training step, compiled with parameters in the state, gives what the graph gives", async () => {
    const { graph, values, parameters, leaves } = randomGraph(5, 8, { states: false });
    const target = graph.input("target", [2, 4, 4, 8]);
    leaves.set("input:target", seeded(2).normals(256).map(Math.fround));
    const weight = fill(graph, {}, { count: 2, value: 1 });
    const sum = values.reduce((a, b) => add(graph, { a, b }));
    const loss = mean(graph, { x: squaredError(graph, { prediction: sum, target, weight }) });
    const gradients = gradient(graph, loss, parameters);
    const clip = fill(graph, {}, { count: 1, value: 1 });
    const settings = graph.input("settings", [8]);
    leaves.set("input:settings", Float64Array.of(0.01, 0.9, 0.999, 1e-8, 0.01, 0.1, 0.001, 0.99).map(Math.fround));
    for (const [index, parameter] of parameters.entries()) {
      const state = (kind: string) => graph.state(`${kind} ${parameter.leaf?.name}`, parameter.shape);
      const moments = { moment1: state("moment1"), moment2: state("moment2"), average: state("average") };
      adamw(graph, { parameter, ...moments, gradient: gradients[index], clip, settings });
    }
    const read = interpret(graph, leaves);
    const device = openReferenceDevice();
    const state = await runOnce(device, compile(graph, layoutsOf(graph, { trainable: true })), leaves);
    await device.close();
    for (const parameter of parameters) {
      const name = parameter.leaf!.name;
      for (const key of [name, `moment1 ${name}`]) {
        const value = key === name ? parameter : graph.state(key, parameter.shape);
        const error = relativeError(state.get(key)!, read(value));
        assert.ok(error < 1e-3, `${key} is off by ${error}`);
      }
    }
  });
});
