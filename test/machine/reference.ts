/** What the reference device and the interpreter refuse. */
import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { interpret } from "../../lib/machine/interpret.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { add } from "../../lib/ops/add.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { silu } from "../../lib/ops/silu.js";
import { store } from "../../lib/ops/store.js";
import { compile } from "../../lib/passes/compile.js";
import type { Instruction, Operand, Program } from "../../lib/program/program.js";
import { layoutsOf } from "../passes/run-program.js";

/** s ← 2·s + x, in elements [16]. */
function program(): Program {
  const graph = new Graph();
  const state = graph.state("s", [16]);
  const next = add(graph, { a: scaleBy(graph, { x: state }, { factor: 2 }), b: graph.input("x", [16]) });
  store(graph, { value: next, target: state });
  return compile(graph, layoutsOf(graph));
}

describe("reference device", () => {
  const good = program();
  const changed = (operand: number, change: Partial<Operand> | null): Program => {
    const operands = good.instructions[1].operands.map((it, at) =>
      at === operand ? change && { ...it!, ...change } : it,
    );
    const instructions: Instruction[] = [good.instructions[0], { ...good.instructions[1], operands }];
    return { ...good, instructions };
  };
  const faults: readonly [string, Program, RegExp][] = [
    ["an operand past its region's end", changed(1, { offset: 64 }), /instruction 1 .*bytes 64 to 128 of inputs/],
    ["a negative offset", changed(1, { offset: -64 }), /not aligned/],
    ["an offset off alignment", changed(1, { offset: 4 }), /not aligned/],
    ["an offset that is no number", changed(1, { offset: Number.NaN }), /not aligned/],
    ["an operand of another shape", changed(1, { shape: [15] }), /operand "b" \[15\]/],
    ["an operand of another dtype", changed(1, { dtype: "i32" }), /is i32, not f32/],
    ["storage of two dtypes", changed(0, { dtype: "bf16", offset: 0 }), /operand "b" is f32, not bf16/],
    ["a result of another shape", changed(2, { shape: [4, 4] }), /result 0 is f32 \[4,4\]/],
    ["a store into inputs", changed(2, { region: "inputs", offset: 0 }), /a store into inputs/],
    [
      "a result over an operand",
      changed(2, { offset: good.instructions[1].operands[0]!.offset, region: "arena" }),
      /over/,
    ],
    ["a missing operand", changed(0, null), /operand "a" is missing/],
    ["rows that are not dense", changed(1, { rowStride: 32 }), /row stride 32/],
  ];
  for (const [name, fault, message] of faults) {
    it(`does not load ${name}`, () =>
      assert.throws(() => openReferenceDevice().load(fault), { code: "CP_PROGRAM_INVALID", message }));
  }
});

describe("interpret", () => {
  it("refuses leaves that are missing or of another length, and leaves its arguments as they are", () => {
    const graph = new Graph();
    const x = graph.input("x", [2]);
    const state = graph.state("s", [2]);
    store(graph, { value: silu(graph, { x }), target: state });
    assert.throws(() => interpret(graph, new Map()), {
      code: "CP_GRAPH_INVALID",
      message: /"input:x" has no elements/,
    });
    assert.throws(() => interpret(graph, new Map([["input:x", new Float64Array(3)]])), {
      message: /has 3 elements, not 2/,
    });
    const given = new Map([
      ["input:x", Float64Array.of(0, 1)],
      ["state:s", Float64Array.of(5, 5)],
    ]);
    assert.equal(interpret(graph, given)(state)[0], 0);
    assert.deepEqual([...given.get("state:s")!], [5, 5]);
  });
});
