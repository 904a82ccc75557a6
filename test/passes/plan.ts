/** Plans: elided stores, how tight the arena is, and a verifier that sees every planted fault. */
import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { add } from "../../lib/ops/add.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { silu } from "../../lib/ops/silu.js";
import { store } from "../../lib/ops/store.js";
import { layoutOf } from "../../lib/passes/layout.js";
import { plan } from "../../lib/passes/plan.js";
import { removeDead } from "../../lib/passes/remove-dead.js";
import { verifyPlan } from "../../lib/passes/verify-plan.js";
import type { Instruction, Operand, Program } from "../../lib/program/program.js";
import { randomGraph } from "./random-graph.js";
import { layoutsOf } from "./run-program.js";

describe("plan", () => {
  const stores: readonly { name: string; build: (graph: Graph) => void; instructions: string[] }[] = [
    {
      name: "a value is computed where it is stored",
      build: (graph) => {
        const y = silu(graph, { x: graph.input("x", [4]) });
        store(graph, { value: y, target: graph.state("s", [4]) });
        store(graph, { value: scaleBy(graph, { x: y }, { factor: 2 }), target: graph.state("t", [4]) });
      },
      instructions: ["silu", "scaleBy"],
    },
    {
      name: "not where the state is read by the node itself",
      build: (graph) => {
        const state = graph.state("s", [4]);
        store(graph, { value: silu(graph, { x: state }), target: state });
      },
      instructions: ["silu", "store"],
    },
    {
      name: "not where the state is read before the store",
      build: (graph) => {
        const state = graph.state("s", [4]);
        const y = silu(graph, { x: graph.input("x", [4]) });
        store(graph, { value: add(graph, { a: state, b: y }), target: graph.state("t", [4]) });
        store(graph, { value: y, target: state });
      },
      instructions: ["silu", "add", "store"],
    },
    {
      name: "not where the state changes again while the value is needed",
      build: (graph) => {
        const state = graph.state("s", [4]);
        const y = silu(graph, { x: graph.input("x", [4]) });
        store(graph, { value: y, target: state });
        store(graph, { value: graph.input("z", [4]), target: state });
        store(graph, { value: scaleBy(graph, { x: y }, { factor: 2 }), target: graph.state("t", [4]) });
      },
      instructions: ["silu", "store", "store", "scaleBy"],
    },
    {
      name: "an input is copied",
      build: (graph) => store(graph, { value: graph.input("x", [4]), target: graph.state("s", [4]) }),
      instructions: ["store"],
    },
  ];
  for (const { name, build, instructions } of stores) {
    it(`stores: ${name}`, () => {
      const graph = new Graph();
      build(graph);
      const program = plan(graph, layoutsOf(graph));
      verifyPlan(graph, program);
      assert.deepEqual(
        program.instructions.map(({ op }) => op.name),
        instructions,
      );
    });
  }

  it("the arena is at most a quarter larger than what is alive at once", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const graph = removeDead(randomGraph(seed, 200, { states: true }).graph).graph;
      const { arenaBytes, instructions } = plan(graph, layoutsOf(graph));
      const alive = peakBytes(instructions);
      assert.ok(arenaBytes >= alive && arenaBytes <= alive * 1.25, `seed ${seed}: ${arenaBytes} for ${alive}`);
    }
  });

  it("refuses a leaf that is in no layout, and two leaves of one name", () => {
    const graph = new Graph();
    store(graph, { value: graph.input("x", [4]), target: graph.state("s", [4]) });
    const empty = { weights: layoutOf("weights", []), state: layoutOf("state", []) };
    assert.throws(() => plan(graph, empty), {
      code: "CP_GRAPH_INVALID",
      message: /state "s" f32 \[4\] is in no layout/,
    });
    const leaves = [graph.state("s", [4]), graph.parameter("s", [4])];
    assert.throws(() => layoutOf("state", leaves), {
      code: "CP_GRAPH_INVALID",
      message: /"s" is state .* again parameter/,
    });
  });

  it("refuses a node that writes a weight", () => {
    const graph = new Graph();
    store(graph, { value: graph.input("x", [4]), target: graph.parameter("p", [4]) });
    assert.throws(() => plan(graph, layoutsOf(graph)), {
      code: "CP_GRAPH_INVALID",
      message: /writes what is not state/,
    });
    verifyPlan(graph, plan(graph, layoutsOf(graph, { trainable: true })));
  });
});

describe("state written by the node that reads it", () => {
  const graph = new Graph();
  const state = graph.state("s", [4]);
  store(graph, { value: graph.reshape(state, [4]), target: state });

  it("a store into itself is dead", () => assert.equal(removeDead(graph).graph.nodes.length, 0));
  it("is refused by plan", () =>
    assert.throws(() => plan(graph, layoutsOf(graph)), { code: "CP_GRAPH_INVALID", message: /it also reads/ }));
});

describe("verifyPlan", () => {
  const graph = new Graph();
  const x = graph.input("x", [64]);
  const a = silu(graph, { x });
  const b = scaleBy(graph, { x }, { factor: 2 });
  const sum = add(graph, { a, b });
  store(graph, { value: add(graph, { a: sum, b: graph.state("s", [64]) }), target: graph.state("s", [64]) });
  const good = plan(graph, layoutsOf(graph));

  const moved = (index: number, operand: number, change: Partial<Operand>): Program => {
    const instructions = good.instructions.map((instruction, at): Instruction => {
      if (at !== index) return instruction;
      return {
        ...instruction,
        operands: instruction.operands.map((it, i) => (i === operand ? { ...it!, ...change } : it)),
      };
    });
    return { ...good, instructions };
  };
  const place = (index: number, operand: number) => good.instructions[index].operands[operand]!.offset;

  const faults: readonly [string, Program, RegExp][] = [
    ["a value over one that is still needed", moved(1, 1, { offset: place(0, 1) }), /instruction 2 \(add, \)/],
    ["half over it", moved(1, 1, { offset: place(0, 1) + 64 }), /instruction 2|ends outside/],
    ["a read of memory that nobody wrote", moved(2, 0, { offset: place(2, 2) }), /operand 0 was overwritten or never/],
    ["a result over an operand", moved(2, 2, { offset: place(0, 1) }), /operand 0 shares memory with a result/],
    ["a store into inputs", moved(0, 1, { region: "inputs", offset: 0 }), /shares memory|stores into inputs/],
    ["an operand outside its region", moved(0, 1, { offset: good.arenaBytes }), /ends outside arena/],
    ["an unaligned operand", moved(0, 1, { offset: 4 }), /not aligned/],
    ["another shape", moved(0, 1, { shape: [8, 8] }), /is \[8,8\]/],
    ["a missing instruction", { ...good, instructions: good.instructions.slice(0, -1) }, /is missing/],
    ["another instruction", { ...good, instructions: good.instructions.toReversed() }, /instruction 0/],
    ["one too many", { ...good, instructions: [...good.instructions, good.instructions[0]] }, /more instructions/],
  ];
  it("accepts the plan", () => verifyPlan(graph, good));
  for (const [name, program, message] of faults) {
    it(`sees ${name}`, () => assert.throws(() => verifyPlan(graph, program), { code: "CP_PROGRAM_INVALID", message }));
  }

  it("sees a store that was left out though the value lies elsewhere", () => {
    const without = good.instructions.filter(({ op }) => op !== store.definition);
    assert.throws(() => verifyPlan(graph, { ...good, instructions: without }), { message: /is missing/ });
  });
});

/** The largest number of arena bytes that are needed at one instruction. */
function peakBytes(instructions: readonly Instruction[]): number {
  const writes = new Map<string, { first: number; last: number; bytes: number }[]>();
  for (const [index, { op, operands }] of instructions.entries()) {
    for (const [at, operand] of operands.entries()) {
      if (operand?.region !== "arena") continue;
      const key = String(operand.offset);
      const list = writes.get(key) ?? [];
      writes.set(key, list);
      const bytes = 4 * operand.shape.reduce((count, size) => count * size, 1);
      if (at >= Object.keys(op.operands).length) list.push({ first: index, last: index, bytes });
      else list.at(-1)!.last = index;
    }
  }
  const intervals = [...writes.values()].flat();
  const alive = instructions.map((_, index) =>
    intervals.reduce((sum, { first, last, bytes }) => sum + (first <= index && index <= last ? bytes : 0), 0),
  );
  return Math.max(...alive);
}
