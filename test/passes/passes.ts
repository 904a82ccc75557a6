/** Every pass keeps what a graph computes, on random graphs; and each rule of simplify and fuse does what it says. */
import assert from "node:assert/strict";
import { Graph, type RealDtype, type Value } from "../../lib/graph/graph.js";
import { interpret } from "../../lib/machine/interpret.js";
import { add } from "../../lib/ops/add.js";
import { attention } from "../../lib/ops/attention.js";
import { concatChannels } from "../../lib/ops/concat-channels.js";
import { concatTokens } from "../../lib/ops/concat-tokens.js";
import { conv2d } from "../../lib/ops/conv2d.js";
import { expandTokens } from "../../lib/ops/expand-tokens.js";
import { fill } from "../../lib/ops/fill.js";
import { geglu } from "../../lib/ops/geglu.js";
import { gelu } from "../../lib/ops/gelu.js";
import { groupNorm } from "../../lib/ops/group-norm.js";
import { linear } from "../../lib/ops/linear.js";
import { activations } from "../../lib/ops/linear-activated.js";
import { modulate } from "../../lib/ops/modulate.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { silu } from "../../lib/ops/silu.js";
import { sliceChannels } from "../../lib/ops/slice-channels.js";
import { sliceTokens } from "../../lib/ops/slice-tokens.js";
import { store } from "../../lib/ops/store.js";
import { upsample } from "../../lib/ops/upsample.js";
import { compile, compileAsync } from "../../lib/passes/compile.js";
import { withEpilogues } from "../../lib/passes/epilogues.js";
import { fuse } from "../../lib/passes/fuse.js";
import { loweringOf } from "../../lib/passes/lower.js";
import { withMoments } from "../../lib/passes/moments.js";
import { removeDead } from "../../lib/passes/remove-dead.js";
import type { Rewritten } from "../../lib/passes/rewrite.js";
import { simplify } from "../../lib/passes/simplify.js";
import { withTwoSources } from "../../lib/passes/two-sources.js";
import { printInstruction } from "../../lib/program/print.js";
import { testDevices } from "../ops/devices.js";
import { seeded } from "../random.js";
import { relativeError } from "./finite-differences.js";
import { randomGraph } from "./random-graph.js";
import { layoutsOf, runOnce } from "./run-program.js";

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

/** The largest relative difference of any state leaf's final content. */
function stateDifference(before: Graph, after: Graph, leaves: ReadonlyMap<string, Float64Array>): number {
  const [readBefore, readAfter] = [interpret(before, leaves), interpret(after, leaves)];
  const states = [...before.leaves].filter(([, value]) => value.leaf?.kind === "state");
  return Math.max(...states.map(([key, value]) => relativeError(readAfter(after.leaves.get(key)!), readBefore(value))));
}

describe("passes on random graphs", () => {
  const passes: [string, (graph: Graph) => Rewritten][] = [
    ["simplify", simplify],
    ["removeDead", removeDead],
    ["fuse after removeDead", (graph) => fuse(removeDead(graph).graph)],
    ["withEpilogues after removeDead", (graph) => withEpilogues(removeDead(graph).graph)],
    ["withTwoSources after removeDead", (graph) => withTwoSources(removeDead(graph).graph)],
  ];
  for (const [name, pass] of passes) {
    it(`${name} keeps every state's final content and never changes its argument`, () => {
      for (const seed of seeds) {
        const { graph, leaves } = randomGraph(seed, 15, { states: true });
        const nodes = [...graph.nodes];
        const result = pass(graph).graph;
        assert.deepEqual(graph.nodes, nodes);
        assert.ok(stateDifference(graph, result, leaves) < 1e-9, `seed ${seed}`);
      }
    });
  }

  it("a compiled program gives on every device what the graph gives, parameters in weights or in state", async () => {
    for (const seed of seeds) {
      const { graph, leaves } = randomGraph(seed, 15, { states: true });
      const read = interpret(graph, leaves);
      const program = compile(graph, layoutsOf(graph, { trainable: seed % 2 === 0 }));
      for (const { name, variants } of testDevices()) {
        const states = await Promise.all(variants.map((device) => runOnce(device, program, leaves)));
        for (const value of graph.leaves.values()) {
          if (value.leaf?.kind !== "state") continue;
          const [first, ...others] = states.map((state) => state.get(value.leaf!.name)!);
          const error = relativeError(first, read(value));
          assert.ok(error < 1e-4, `seed ${seed}, ${name}: ${value.leaf.name} is off by ${error}`);
          for (const other of others) assert.deepEqual(other, first, `seed ${seed}, ${name}: bits differ`);
        }
      }
    }
  });
});

interface RuleCase {
  readonly name: string;
  readonly pass: (graph: Graph) => Rewritten;
  /** Gives the value that the graph stores. */
  readonly build: (graph: Graph, x: Value) => Value;
  /** The ops that are left, in order, without the final store. */
  readonly left: readonly string[];
}

const parameters = (graph: Graph, channels = 8) => ({
  gamma: graph.parameter("gamma", [channels]),
  beta: graph.parameter("beta", [channels]),
});
const normed = (graph: Graph, x: Value) => groupNorm(graph, { x, ...parameters(graph) }, { groups: 2 });
const convolved = (graph: Graph, x: Value) => conv2d(graph, { x, weight: graph.parameter("w", [3, 3, 8, 8]) });
const layer = (graph: Graph, x: Value, outputs: number) => {
  return linear(graph, { x, weight: graph.parameter(`layer${graph.leaves.size}`, [8, outputs]) });
};
const embedding = (graph: Graph) => ({ scale: graph.input("scale", [2, 8]), shift: graph.input("shift", [2, 8]) });
const zeros = (graph: Graph) => graph.reshape(fill(graph, {}, { count: 256, value: 0 }), [2, 4, 4, 8]);

const ruleCases: readonly RuleCase[] = [
  { name: "x + 0", pass: simplify, build: (graph, x) => add(graph, { a: x, b: zeros(graph) }), left: [] },
  { name: "0 + x", pass: simplify, build: (graph, x) => add(graph, { a: zeros(graph), b: x }), left: [] },
  { name: "1·x", pass: simplify, build: (graph, x) => scaleBy(graph, { x }, { factor: 1 }), left: [] },
  {
    name: "a·(b·x)",
    pass: simplify,
    build: (graph, x) => scaleBy(graph, { x: scaleBy(graph, { x }, { factor: 2 }) }, { factor: 3 }),
    left: ["scaleBy"],
  },
  {
    name: "the second side of a concatenation",
    pass: simplify,
    build: (graph, x) => {
      const both = concatChannels(graph, { a: silu(graph, { x }), b: x });
      return sliceChannels(graph, { x: both }, { begin: 8, count: 8 });
    },
    left: [],
  },
  {
    name: "the two halves of a value, as tokens",
    pass: simplify,
    build: (graph, x) => {
      const tokens = graph.reshape(x, [2, 16, 8]);
      const half = (begin: number) => sliceTokens(graph, { x: tokens }, { begin, count: 8 });
      return graph.reshape(concatTokens(graph, { a: half(0), b: half(8) }), [2, 4, 4, 8]);
    },
    left: [],
  },
  {
    name: "equal ops of equal values",
    pass: simplify,
    build: (graph, x) => add(graph, { a: silu(graph, { x }), b: silu(graph, { x }) }),
    left: ["silu", "add"],
  },
  {
    name: "norm, modulate, silu",
    pass: fuse,
    build: (graph, x) => silu(graph, { x: modulate(graph, { x: normed(graph, x), ...embedding(graph) }) }),
    left: ["groupNorm"],
  },
  { name: "norm, silu", pass: fuse, build: (graph, x) => silu(graph, { x: normed(graph, x) }), left: ["groupNorm"] },
  {
    name: "a norm with two readers stays",
    pass: fuse,
    build: (graph, x) => {
      const y = normed(graph, x);
      return add(graph, { a: y, b: silu(graph, { x: y }) });
    },
    left: ["groupNorm", "silu", "add"],
  },
  {
    name: "upsample, convolution",
    pass: fuse,
    build: (graph, x) => {
      const y = convolved(graph, upsample(graph, { x }));
      return conv2d(graph, { x: y, weight: graph.parameter("down", [1, 1, 8, 8]) }, { stride: 2 });
    },
    left: ["conv2d", "conv2d"],
  },
  {
    name: "convolution plus x",
    pass: fuse,
    build: (graph, x) => add(graph, { a: convolved(graph, x), b: x }),
    left: ["conv2d"],
  },
  {
    name: "x plus a linear layer seen as an image",
    pass: fuse,
    build: (graph, x) => {
      const y = linear(graph, { x: graph.reshape(x, [2, 16, 8]), weight: graph.parameter("w", [8, 8]) });
      return add(graph, { a: x, b: graph.reshape(y, [2, 4, 4, 8]) });
    },
    left: ["linear"],
  },
  {
    name: "a norm of a convolution, as tokens, and a convolution that is read elsewhere too",
    pass: withMoments,
    build: (graph, x) => {
      const y = convolved(graph, upsample(graph, { x: upsample(graph, { x }) }));
      const z = normed(graph, graph.reshape(y, [2, 256, 8]));
      return add(graph, { a: graph.reshape(z, [2, 16, 16, 8]), b: y });
    },
    left: ["upsample", "upsample", "conv2dWithMoments", "groupNorm", "add"],
  },
  {
    name: "a norm of two convolutions",
    pass: withMoments,
    build: (graph, x) => {
      const large = upsample(graph, { x: upsample(graph, { x }) });
      const y = convolved(graph, large);
      const both = concatChannels(graph, { a: y, b: convolved(graph, y) });
      return groupNorm(graph, { x: both, ...parameters(graph, 16) }, { groups: 2 });
    },
    left: [
      "upsample",
      "upsample",
      "conv2dWithMoments",
      "conv2dWithMoments",
      "concatChannels",
      "concatChannels",
      "groupNorm",
    ],
  },
  {
    name: "a norm of a convolution of few positions, and one of a convolution beside something else",
    pass: withMoments,
    build: (graph, x) => {
      const y = normed(graph, convolved(graph, x));
      const large = upsample(graph, { x: upsample(graph, { x: y }) });
      const both = concatChannels(graph, { a: convolved(graph, large), b: large });
      return groupNorm(
        graph,
        { x: both, gamma: graph.parameter("g", [16]), beta: graph.parameter("b", [16]) },
        { groups: 2 },
      );
    },
    left: ["conv2d", "groupNorm", "upsample", "upsample", "conv2d", "concatChannels", "groupNorm"],
  },
  {
    name: "linear layers and what is behind them",
    pass: withEpilogues,
    build: (graph, x) => {
      const activated = Object.values(activations).map((activation) => activation(graph, { x: layer(graph, x, 8) }));
      const gated = geglu(graph, { x: layer(graph, x, 16) });
      return activated.reduce((a, b) => add(graph, { a, b }), gated);
    },
    left: ["linearActivated", "linearActivated", "linearActivated", "linearGated", "add", "add", "add"],
  },
  {
    name: "a linear layer that is read elsewhere too, and one with a residual",
    pass: withEpilogues,
    build: (graph, x) => {
      const y = layer(graph, x, 8);
      const z = linear(graph, { x: y, weight: graph.parameter("w", [8, 8]), residual: x });
      return add(graph, { a: silu(graph, { x: z }), b: gelu(graph, { x: y }) });
    },
    left: ["linear", "linear", "silu", "gelu", "add"],
  },
  {
    name: "a convolution plus what is the same all over an image",
    pass: (graph) => withEpilogues(removeDead(fuse(graph).graph).graph),
    build: (graph, x) => {
      const everywhere = expandTokens(graph, { x: graph.input("e", [2, 8]) }, { tokens: 16 });
      return add(graph, { a: convolved(graph, x), b: graph.reshape(everywhere, [2, 4, 4, 8]) });
    },
    left: ["conv2dShifted"],
  },
  {
    name: "a norm and convolutions of a concatenation",
    pass: (graph) => withTwoSources(removeDead(withEpilogues(removeDead(fuse(graph).graph).graph).graph).graph),
    build: (graph, x) => {
      const both = concatChannels(graph, { a: x, b: silu(graph, { x }) });
      const y = silu(graph, { x: groupNorm(graph, { x: both, ...parameters(graph, 16) }, { groups: 2 }) });
      const weight = graph.parameter("w16", [1, 1, 16, 16]);
      const everywhere = expandTokens(graph, { x: graph.input("e", [2, 16]) }, { tokens: 16 });
      const shifted = add(graph, {
        a: conv2d(graph, { x: both, weight }),
        b: graph.reshape(everywhere, [2, 4, 4, 16]),
      });
      return conv2d(graph, { x: both, weight, residual: add(graph, { a: y, b: shifted }) });
    },
    left: ["silu", "groupNorm", "conv2dShifted", "add", "conv2d"],
  },
  {
    name: "a concatenation that is a residual too, or is read as tokens, stays",
    pass: withTwoSources,
    build: (graph, x) => {
      const both = concatChannels(graph, { a: x, b: silu(graph, { x }) });
      const weight = graph.parameter("w16", [3, 3, 16, 16]);
      const y = conv2d(graph, { x: both, weight, residual: both });
      const again = concatChannels(graph, { a: silu(graph, { x }), b: x });
      const tokens = linear(graph, { x: graph.reshape(again, [2, 16, 16]), weight: graph.parameter("w", [16, 16]) });
      const z = add(graph, { a: y, b: graph.reshape(tokens, [2, 4, 4, 16]) });
      return conv2d(graph, { x: again, weight, residual: z });
    },
    left: ["silu", "concatChannels", "conv2d", "silu", "concatChannels", "linear", "add", "conv2d"],
  },
  {
    name: "a norm that reads two convolutions as two sources",
    pass: (graph) => withMoments(withTwoSources(graph).graph),
    build: (graph, x) => {
      const y = convolved(graph, upsample(graph, { x: upsample(graph, { x }) }));
      const both = concatChannels(graph, { a: y, b: convolved(graph, y) });
      return groupNorm(graph, { x: both, ...parameters(graph, 16) }, { groups: 2 });
    },
    left: ["upsample", "upsample", "conv2dWithMoments", "conv2dWithMoments", "concatChannels", "groupNorm"],
  },
  {
    name: "what is computed after the convolution is no residual",
    pass: fuse,
    build: (graph, x) => {
      const y = convolved(graph, x);
      return add(graph, { a: y, b: silu(graph, { x }) });
    },
    left: ["conv2d", "silu", "add"],
  },
];

describe("rules of simplify, fuse, withEpilogues, withTwoSources and withMoments", () => {
  for (const { name, pass, build, left } of ruleCases) {
    it(name, () => {
      const graph = new Graph();
      const value = build(graph, graph.input("x", [2, 4, 4, 8]));
      store(graph, { value, target: graph.state("out", value.shape) });
      const random = seeded(7);
      const leaves = new Map(
        [...graph.leaves].map(([key, leaf]) => [key, random.normals(leaf.shape.reduce((a, b) => a * b, 1))]),
      );
      const result = removeDead(pass(graph).graph).graph;
      assert.deepEqual(
        result.nodes.map((node) => node.op.name),
        [...left, "store"],
      );
      assert.ok(stateDifference(graph, result, leaves) < 1e-12);
    });
  }

  it("a value read before its state changes is not replaced by the state", () => {
    const graph = new Graph();
    const [state, out] = [graph.state("s", [4]), graph.state("out", [4])];
    const before = scaleBy(graph, { x: state }, { factor: 1 });
    const twice = scaleBy(graph, { x: state }, { factor: 2 });
    store(graph, { value: graph.input("x", [4]), target: state });
    const again = scaleBy(graph, { x: state }, { factor: 2 });
    const sum = add(graph, { a: before, b: add(graph, { a: twice, b: again }) });
    store(graph, { value: scaleBy(graph, { x: twice }, { factor: 3 }), target: graph.state("later", [4]) });
    store(graph, { value: sum, target: out });
    const leaves = new Map([
      ["state:s", Float64Array.of(1, 2, 3, 4)],
      ["input:x", Float64Array.of(9, 8, 7, 6)],
    ]);
    assert.equal(stateDifference(graph, simplify(graph).graph, leaves), 0);
  });
});

describe("compile", () => {
  it("makes every convolution strict when asked to, and the program says so", () => {
    const graph = new Graph();
    const y = convolved(graph, upsample(graph, { x: graph.input("x", [2, 4, 4, 8]) }));
    store(graph, { value: add(graph, { a: y, b: convolved(graph, y) }), target: graph.state("out", y.shape) });
    for (const strict of [false, true]) {
      const program = compile(graph, layoutsOf(graph), { strict });
      const convolutions = program.instructions.filter(({ op }) => op === conv2d.definition).map(printInstruction);
      assert.equal(convolutions.length, 2);
      for (const text of convolutions) assert.match(text, strict ? /accuracy=strict/ : /accuracy=fast/);
    }
  });

  it("lets attention round what it multiplies where weights are in bf16 beside activations in f32, and nowhere else", () => {
    const graph = new Graph();
    const [q, k, v] = ["q", "k", "v"].map((name) => graph.input(name, [1, 4, 8]));
    store(graph, { value: attention(graph, { q, k, v }, { heads: 2 }), target: graph.state("out", q.shape) });
    const roundingOf = (dtype: RealDtype, options: { trainable?: boolean; activations?: RealDtype }) => {
      const program = compile(graph, layoutsOf(graph), { lowering: loweringOf([graph], dtype, options) });
      return program.instructions
        .map(printInstruction)
        .join("\n")
        .match(/rounding=(\w+)/)![1];
    };
    assert.equal(roundingOf("bf16", { activations: "f32" }), "bf16");
    assert.equal(roundingOf("bf16", { activations: "f32", trainable: true }), "f32");
    assert.equal(roundingOf("bf16", {}), "f32");
    assert.equal(roundingOf("f32", {}), "f32");
  });

  it("compiles 2,500 nodes with no pass over 50 ms of processor time, and the same program asynchronously", async () => {
    const { graph } = randomGraph(3, 950, { states: true });
    assert.ok(graph.nodes.length > 2500);
    const layouts = layoutsOf(graph);
    const best = new Map<string, number>();
    let program = compile(graph, layouts);
    for (let round = 0; round < 5; round++) {
      let start = process.cpuUsage();
      const lap = (name: string) => {
        const { user, system } = process.cpuUsage(start);
        best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, (user + system) / 1000));
        start = process.cpuUsage();
      };
      program = compile(graph, layouts, { observe: lap });
      lap("plan and verify");
    }
    for (const [name, elapsedMs] of best) assert.ok(elapsedMs < 50, `${name} took ${elapsedMs} ms`);
    assert.deepEqual(await compileAsync(graph, layouts), program);
  });
});
