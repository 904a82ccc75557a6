/**
 * The native tests, against the very archives that the addon is linked from, for every instruction set: kernels beside f64
 * loops and every op of the corpus, both with their operands between pages that cannot be touched; and what the compiler
 * made of the inner loops. Built by `npm run build:native-tests`.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listDevices } from "../../lib/machine/list.js";
import { ownIsas } from "../../lib/program/isa.js";
import { writeCorpus } from "../program/write-corpus.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const built = join(root, "build/Release");

function run(command: string, ...words: string[]): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, words, { encoding: "utf8" });
  assert.equal(error ?? null, null);
  assert.equal(status, 0, `${command} ${words.join(" ")}: ${signal ?? status}\n${stdout}${stderr}`);
  return stdout;
}

describe("native", () => {
  for (const isa of ownIsas) {
    const program = join(built, `test_kernels_${isa}`);
    it(`${isa}: kernels agree with f64 loops and touch nothing beside their operands`, async function () {
      assert.ok(existsSync(program), `${program} is not there: npm run build:native-tests`);
      const { devices } = await listDevices();
      if (!devices.some((device) => device.isa === isa)) this.skip();
      assert.match(run(program), /all good/);
    });
    if (process.arch !== "x64" || process.platform !== "linux") continue;
    it(`${isa}: no vector register of an inner loop lives on the stack, no symbol is shared`, () => {
      run("sh", join(root, "test/native/assembly.sh"), join(built, `cpu_${isa}.a`), isa);
    });
  }

  it("the emulator of CUDA computes what its words say, and catches what the hardware forbids", () => {
    assert.match(run(join(built, "test_cuda_emulator")), /all good/);
  });

  for (const kernels of ["product", "attention", "norms"]) {
    it(`CUDA's kernels for ${kernels} agree with f64 loops, in every tile and storage, under three schedules`, () => {
      assert.match(run(join(built, `test_cuda_${kernels}`)), /all good/);
    });
  }

  it("ops of cuda/ run on emulated devices, in every storage type and at odd sizes and addresses", () => {
    assert.match(run(join(built, "test_cuda_ops")), /all good/);
  });

  it("mutated programs are refused or run, whatever they are, and touch nothing beside their operands", async () => {
    const folder = mkdtempSync(join(tmpdir(), "counterpoint-corpus-"));
    await writeCorpus(folder);
    const output = run(join(built, "fuzz_program"), folder, "20000");
    rmSync(folder, { recursive: true });
    assert.match(output, /20000 programs: [1-9]\d* accepted, [1-9]\d* run/);
  });
});
