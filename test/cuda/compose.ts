/** A picture by the embedded weights from the command line, on the emulated GPU in the 16 bits that GPUs compute in. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { runCli } from "../cli/command.js";

describe("counterpoint compose --device cuda-emulated", () => {
  it("makes the CPU's picture, at 35 dB or better", async () => {
    const folder = await mkdtemp(join(tmpdir(), "counterpoint-cuda-"));
    const pixelsOn = async (device: string) => {
      const out = join(folder, `${device}.png`);
      const flags = ["--palette", "#aa3311", "--steps", "2", "--guidance", "1", "--out", out, "--device", device];
      const { code, stdout, stderr } = await runCli(["compose", ...flags, "--json"]);
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).manifest.device.kind, device);
      return sharp(out).raw().toBuffer();
    };
    const [cpu, emulated] = [await pixelsOn("cpu"), await pixelsOn("cuda-emulated")];
    await rm(folder, { recursive: true });
    const squared = cpu.reduce((sum, byte, i) => sum + (byte - emulated[i]) ** 2, 0) / cpu.length;
    assert.ok(10 * Math.log10(255 ** 2 / squared) >= 35, `mean squared error ${squared}`);
  }).timeout(600_000);
});
