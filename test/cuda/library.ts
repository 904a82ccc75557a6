/**
 * The library as nvcc made it (`npm run build:cuda`) and its twin over the emulator: what they export and need, how large they
 * are. The real one also for which GPUs it has code, and that it loads and says the right thing on a machine without a driver;
 * where it has not been built, that is not tested and the run says so.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { addonFolder } from "../../lib/machine/addon.js";
import { openCudaDevice } from "../../lib/machine/cuda.js";

/** What is left when the CUDA runtime is linked statically and the driver is opened at run time. */
const allowed = /^(libstdc\+\+|libm|libgcc_s|libc|libdl|librt|libpthread|ld-linux-x86-64)\.so\.\d+$/;
const budgetBytes = 25e6;

function output(command: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  assert.equal(status, 0, `${command}: ${stderr}`);
  return stdout;
}

/** The compute capabilities that a library has machine code and PTX for, from the headers of what nvcc embeds. */
function architecturesOf(library: Buffer): { readonly machine: readonly number[]; readonly ptx: readonly number[] } {
  const found = [new Set<number>(), new Set<number>()];
  const magic = Buffer.from([0x50, 0xed, 0x55, 0xba]);
  for (let at = library.indexOf(magic); at >= 0; at = library.indexOf(magic, at + 1)) {
    const end = at + library.readUInt16LE(at + 6) + Number(library.readBigUInt64LE(at + 8));
    for (let entry = at + library.readUInt16LE(at + 6); entry < end; ) {
      found[library.readUInt16LE(entry) - 1].add(library.readUInt32LE(entry + 28));
      entry += library.readUInt32LE(entry + 4) + Number(library.readBigUInt64LE(entry + 8));
    }
  }
  const [ptx, machine] = found.map((numbers) => [...numbers].sort((a, b) => a - b));
  return { machine, ptx };
}

describe("libcounterpoint-cuda", () => {
  const library = join(addonFolder(), "libcounterpoint-cuda.so");

  for (const path of [library, join(addonFolder(), "libcounterpoint-cuda-emulated.so")]) {
    it(`${basename(path)} needs nothing but the C library, exports its functions alone, and stays small`, function () {
      if (!existsSync(path)) this.skip();
      const needed = [...output("readelf", "-d", path).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name);
      const bytes = statSync(path).size;
      console.log(`      ${(bytes / 1e6).toFixed(1)} MB; needs ${needed.join(", ")}`);
      for (const name of needed) assert.match(name, allowed);
      assert.ok(bytes < budgetBytes, `${bytes} bytes`);
      const exported = output("nm", "-D", "--defined-only", path).trim().split("\n");
      for (const line of exported) assert.match(line, / T counterpointCuda\w+$/);
    });
  }

  it("has machine code, and PTX for GPUs that are newer than it", function () {
    if (!existsSync(library)) this.skip();
    const { machine, ptx } = architecturesOf(readFileSync(library));
    console.log(`      machine code for ${machine.join(", ")}; PTX for ${ptx.join(", ")}`);
    assert.ok(machine.length > 0);
    assert.deepEqual(ptx, [machine[0]]);
  });

  it("loads where there is no driver, and says that there is none", function () {
    if (!existsSync(library)) this.skip();
    let code = "";
    try {
      void openCudaDevice().close();
    } catch (error) {
      code = (error as { code: string }).code;
    }
    if (code === "") this.skip(); // This machine has a GPU.
    assert.match(code, /^CP_CUDA_(NO_DRIVER|DRIVER_TOO_OLD|NO_DEVICE)$/);
  });
});
