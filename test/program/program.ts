/** The binary form: what is encoded decodes to the same, prints readably, and the generated sources are up to date. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { realDtypes } from "../../lib/graph/graph.js";
import type { OpDefinition } from "../../lib/graph/op.js";
import { decodeProgram } from "../../lib/program/decode.js";
import { encodeProgram } from "../../lib/program/encode.js";
import { generateSources } from "../../lib/program/generate.js";
import { loadOps } from "../../lib/program/op-table.js";
import { printProgram } from "../../lib/program/print.js";
import type { Program } from "../../lib/program/program.js";
import { seeded } from "../random.js";
import { randomProgram } from "./random-program.js";

const root = resolve(import.meta.dirname, "..", "..", "..");

describe("program", () => {
  let ops: readonly OpDefinition[];
  before(async () => {
    ops = await loadOps();
  });

  it("an instruction of every op decodes to what was encoded", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const program = randomProgram(ops, seeded(seed), realDtypes[seed % realDtypes.length]);
      const decoded = decodeProgram(encodeProgram(program), ops);
      assert.deepEqual(decoded, program);
      assert.deepEqual(encodeProgram(decoded), encodeProgram(program));
    }
  });

  it("bytes cut anywhere, or followed by more, are refused", () => {
    const bytes = encodeProgram(randomProgram(ops.slice(0, 2), seeded(1)));
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeProgram(bytes.subarray(0, length), ops), { code: "CP_PROGRAM_INVALID" });
    }
    const longer = Uint8Array.of(...bytes, 0);
    assert.throws(() => decodeProgram(longer, ops), { code: "CP_PROGRAM_INVALID", message: /left over/ });
    assert.throws(() => decodeProgram(bytes, ops.slice(2)), { code: "CP_PROGRAM_INVALID", message: /opcode/ });
  });

  it("prints a line an instruction", () => {
    const operand = (region: "weights" | "inputs" | "arena", offset: number, shape: number[]) =>
      ({ region, offset, dtype: "f32", shape, rowStride: shape.at(-1)! }) as const;
    const layout = (bytes: number) => ({ tensors: new Map(), bytes });
    const [x, weight] = [operand("inputs", 0, [2, 3]), operand("weights", 64, [3, 4])];
    const ids = { ...operand("inputs", 64, [5]), dtype: "i32" } as const;
    const y = operand("arena", 128, [2, 4]);
    const opNamed = (name: string) => ops.find((op) => op.name === name)!;
    const program: Program = {
      instructions: [
        { op: opNamed("linear"), operands: [x, weight, null, null, y], attributes: [], frame: "mlp.in" },
        { op: opNamed("scaleBy"), operands: [y, operand("arena", 0, [2, 4])], attributes: [0.5], frame: "" },
        {
          op: opNamed("embedding"),
          operands: [weight, ids, operand("arena", 192, [5, 4])],
          attributes: [],
          frame: "e",
        },
      ],
      weights: layout(112),
      state: layout(0),
      inputs: layout(84),
      arenaBytes: 272,
    };
    assert.equal(
      printProgram(program),
      `weights 112, state 0, inputs 84, arena 272 bytes
   0 linear x=inputs+0[2 3] weight=weights+64[3 4] -> y=arena+128[2 4] @ mlp.in
   1 scaleBy x=arena+128[2 4] factor=0.5 -> y=arena+0[2 4]
   2 embedding table=weights+64[3 4] ids=inputs+64:i32[5] -> y=arena+192[5 4] @ e
`,
    );
  });

  it("native/generated is what lib/ops gives; if not, run `npm run generate`", () => {
    for (const [file, text] of Object.entries(generateSources(ops))) {
      assert.equal(readFileSync(join(root, "native", "generated", file), "utf8"), text, file);
    }
  });
});
