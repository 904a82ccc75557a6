/**
 * The real library, as nvcc made it (`npm run build:cuda`): what it exports, what it needs, how large it is, and that it loads
 * and says the right thing on a machine without a driver. Where it has not been built, nothing is tested and the run says so.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
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

describe("libcounterpoint-cuda", () => {
  const library = join(addonFolder(), "libcounterpoint-cuda.so");

  it("needs nothing but the C library, exports its functions alone, and stays small", function () {
    if (!existsSync(library)) this.skip();
    const needed = [...output("readelf", "-d", library).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name);
    const bytes = statSync(library).size;
    console.log(`      ${(bytes / 1e6).toFixed(1)} MB; needs ${needed.join(", ")}`);
    for (const name of needed) assert.match(name, allowed);
    assert.ok(bytes < budgetBytes, `${bytes} bytes`);
    const exported = output("nm", "-D", "--defined-only", library).trim().split("\n");
    for (const line of exported) assert.match(line, / T counterpointCuda\w+$/);
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
