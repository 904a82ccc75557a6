/** What the native verifier refuses: programs that lie about themselves, one fault each, and bytes that are no program. */
import assert from "node:assert/strict";
import { type OpDefinition, opcode } from "../../lib/graph/op.js";
import { loadAddon, type NativeDeviceHandle } from "../../lib/machine/addon.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import type { Device } from "../../lib/machine/device.js";
import { cast } from "../../lib/ops/cast.js";
import { encodeProgram } from "../../lib/program/encode.js";
import { loadOps } from "../../lib/program/op-table.js";
import type { Instruction, Operand, Program } from "../../lib/program/program.js";
import { randomProgram } from "../program/random-program.js";
import { seeded } from "../random.js";

const tensor = (region: Operand["region"], offset: number, shape: number[]): Operand => ({
  region,
  offset,
  dtype: "f32",
  shape,
  rowStride: shape.at(-1) ?? 1,
});

/** Three instructions over regions that they fill to the last byte; every fault goes into the one in the middle. */
function goodProgram(named: (name: string) => OpDefinition): Program {
  const [x, sum, y] = [tensor("inputs", 0, [2, 3]), tensor("arena", 0, [2, 3]), tensor("state", 64, [2, 4])];
  const vector = tensor("weights", 48, [4]);
  const layout = (bytes: number) => ({ tensors: new Map(), bytes });
  return {
    instructions: [
      { op: named("add"), operands: [x, x, sum], attributes: [], frame: "first" },
      {
        op: named("linear"),
        operands: [sum, tensor("weights", 0, [3, 4]), vector, null, y],
        attributes: [],
        frame: "model.middle",
      },
      {
        op: named("groupNorm"),
        operands: [y, null, vector, vector, null, null, null, tensor("arena", 64, [2, 4])],
        attributes: [2, 1e-5, 1],
        frame: "last",
      },
    ],
    weights: layout(64),
    state: layout(96),
    inputs: layout(24),
    arenaBytes: 96,
  };
}

type Change = (good: Instruction, program: Program) => Partial<Instruction>;

/** Operand `index` changed, in the instruction in the middle. */
const operand =
  (index: number, change: Partial<Operand> | null): Change =>
  ({ operands }) => ({
    operands: operands.map((it, at) =>
      at === index ? change && { ...tensor("arena", 0, [1]), ...it, ...change } : it,
    ),
  });

/** Another op's instruction in the middle, with these attributes. */
const groupNorm =
  (...attributes: number[]): Change =>
  (_, program) => ({ ...program.instructions[2], attributes, frame: "model.middle" });

const castOf = (dtype: Operand["dtype"]) => ({
  op: cast.definition,
  operands: [{ ...tensor("inputs", 0, [6]), dtype }, tensor("state", 64, [6])],
  attributes: [0],
});

const faults: readonly [string, Change, RegExp][] = [
  ["a missing operand", operand(1, null), /linear: operand "weight" is missing/],
  ["a missing result", operand(4, null), /result "y" is missing/],
  ["too few tensors", ({ operands }) => ({ operands: operands.slice(1) }), /4 tensors .* expected 5/],
  ["too many attributes", () => ({ attributes: [1] }), /1 attributes, expected 5 and 0/],
  ["an offset past the region's end", operand(1, { offset: 2 ** 40 }), /tensor 1 ends outside its region of 64/],
  ["a last row past the region's end", operand(4, { offset: 68 }), /tensor 4 ends outside its region of 96/],
  ["a negative offset", operand(1, { offset: -64 }), /outside its region/],
  ["an offset between elements", operand(2, { offset: 46 }), /tensor 2 is not aligned/],
  ["a size of zero", operand(0, { shape: [0, 3] }), /tensor 0 has size 0 on axis 0/],
  ["a negative size", operand(0, { shape: [-2, 3] }), /size -2/],
  ["sizes whose product wraps", operand(0, { shape: [2 ** 50, 2 ** 50, 3] }), /tensor 0 is too large/],
  ["a product that wraps to a small number", operand(0, { shape: [2 ** 32, 2 ** 32, 3] }), /tensor 0 is too large/],
  ["nine axes", operand(0, { shape: [1, 1, 1, 1, 1, 1, 1, 2, 3] }), /rank 9/],
  ["a row stride beyond the columns", operand(1, { rowStride: 8 }), /row stride 8, expected 4/],
  ["a negative row stride", operand(1, { rowStride: -4 }), /row stride -4/],
  ["integers for floats", operand(0, { dtype: "i32" }), /"x" has the wrong dtype/],
  ["storage that the CPU does not have", operand(0, { dtype: "bf16" }), /"x" has the wrong dtype/],
  ["a weight in 16 bits that the CPU does not have", operand(1, { dtype: "f16" }), /"weight" has the wrong dtype/],
  ["a weight in bf16 that ends outside", operand(1, { dtype: "bf16", offset: 42 }), /tensor 1 ends outside its region/],
  ["a weight in bf16 between elements", operand(1, { dtype: "bf16", offset: 1 }), /tensor 1 is not aligned/],
  ["a 16-bit bias", operand(2, { dtype: "f16" }), /"bias" has the wrong dtype/],
  [
    "a cast whose result has another dtype",
    () => ({ op: cast.definition, operands: [tensor("inputs", 0, [6]), tensor("state", 64, [6])], attributes: [2] }),
    /cast: tensor "y" has the wrong dtype/,
  ],
  ["a cast of integers", () => castOf("i32"), /cast: tensor "x" has the wrong dtype/],
  [
    "an inner size that differs",
    operand(0, { shape: [3, 2], rowStride: 2 }),
    /"weight" is \[3,4\], expected 2 on axis 0/,
  ],
  ["a result of another shape", operand(4, { shape: [1, 8], rowStride: 8 }), /"y" \[1,8\] differs/],
  ["a result of another rank", operand(4, { shape: [8], rowStride: 8 }), /"y" \[8\] differs/],
  ["a bias of another length", operand(2, { shape: [3], rowStride: 3 }), /"bias" is \[3\], expected 4/],
  ["a store into the weights", operand(4, { region: "weights", offset: 0 }), /"y" would be written outside/],
  [
    "a store into the inputs",
    operand(4, { region: "inputs", offset: 0, shape: [1, 4] }),
    /"y" would be written outside/,
  ],
  ["a result over an operand", operand(4, { region: "arena", offset: 16 }), /tensor 4 is written over tensor 0/],
  ["groups that do not divide the channels", groupNorm(3, 1e-5, 1), /\(C\+D\) % groups == 0 does not hold/],
  ["no groups", groupNorm(0, 1e-5, 1), /\(C\+D\) % groups == 0 does not hold/],
  ["a fraction of a group", groupNorm(1.5, 1e-5, 1), /"groups" is 1.5/],
  ["a negative group", groupNorm(-1, 1e-5, 1), /"groups" is -1/],
  ["more groups than integers", groupNorm(1e300, 1e-5, 1), /"groups" is 1/],
  ["a group that is no number", groupNorm(Number.NaN, 1e-5, 1), /"groups" is/],
  ["an infinite epsilon", groupNorm(2, Number.POSITIVE_INFINITY, 1), /"eps" is not finite/],
  ["an unknown activation", groupNorm(2, 1e-5, 2), /"activation" has no choice 2/],
];

describe("malformed programs on the cpu device", () => {
  let device: Device;
  let good: Program;
  let ops: readonly OpDefinition[];

  before(async () => {
    ops = await loadOps();
    good = goodProgram((name) => ops.find((op) => op.name === name)!);
    device = openCpuDevice({ threads: 1 });
  });
  after(() => device.close());

  it("the program that the faults go into is accepted, with weights in bf16 too, and one instruction of every op", () => {
    device.load(good).free();
    const [first, middle, last] = good.instructions;
    const narrow = { ...middle, ...operand(1, { dtype: "bf16", offset: 40 })(middle, good) };
    device.load({ ...good, instructions: [first, narrow, last] }).free();
    for (let seed = 1; seed <= 5; seed++) device.load(randomProgram(ops, seeded(seed))).free();
  });

  for (const [name, change, message] of faults) {
    it(`refuses ${name}`, () => {
      const [first, middle, last] = good.instructions;
      const instructions = [first, { ...middle, ...change(middle, good) }, last];
      assert.throws(
        () => device.load({ ...good, instructions }),
        (error: { code: string; message: string; details: object }) => {
          assert.equal(error.code, "CP_PROGRAM_INVALID");
          assert.match(error.message, message);
          assert.match(error.message, /^instruction 1 \(model\.middle\): /);
          assert.deepEqual(error.details, { instruction: 1, frame: "model.middle" });
          return true;
        },
      );
    });
  }

  describe("as bytes", () => {
    const u32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
    const headerFaults: readonly [string, (view: DataView) => void, RegExp][] = [
      ["other bytes", u32(0, 0), /no program/],
      ["another version", u32(4, 2), /format version 2, expected 1/],
      ["more instructions than allowed", u32(8, 2 ** 32 - 1), /instructions are too many/],
      ["more instructions than bytes", u32(8, 1000), /1000 instructions do not fit/],
      ["fewer instructions than bytes", u32(8, 2), /left over/],
      ["more frames than bytes", u32(12, 2 ** 31), /frames do not fit/],
      ["a region beyond any memory", (view) => view.setBigUint64(16, 2n ** 63n, true), /too large/],
      ["a frame longer than the bytes", u32(48, 2 ** 32 - 1), /end too early/],
    ];
    let native: NativeDeviceHandle;
    before(() => {
      native = new (loadAddon().Device)("cpu", 1, "");
    });
    after(() => native.close());

    const load = (bytes: Uint8Array) => new (loadAddon().Program)(native, bytes);
    for (const [name, change, message] of headerFaults) {
      it(`refuses ${name}`, () => {
        const bytes = encodeProgram(good);
        change(new DataView(bytes.buffer));
        assert.throws(() => load(bytes), { code: "CP_PROGRAM_INVALID", message });
      });
    }

    it("refuses bytes cut anywhere, an unknown opcode and set reserved bytes", () => {
      const bytes = encodeProgram(good);
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => load(bytes.subarray(0, length)), { code: "CP_PROGRAM_INVALID" });
      }
      const code = Buffer.alloc(4);
      code.writeUInt32LE(opcode(good.instructions[1].op));
      const at = Buffer.from(bytes).indexOf(code);
      for (const offset of [at, at + 4, at + 12, at + 15, at + 16]) {
        const changed = bytes.slice();
        changed[offset] ^= 0x40;
        const message = offset === at + 4 ? /frame/ : /opcode|region|reserved/;
        assert.throws(() => load(changed), { code: "CP_PROGRAM_INVALID", message });
      }
    });
  });
});
