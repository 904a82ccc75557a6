/**
 * benchmarks/gpu as far as it goes without a GPU: the committed programs, and the command itself on the emulator, by
 * Python with nothing but numpy.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import type { CaseRecord } from "../../benchmarks/gpu/format.js";
import { cudaOps } from "../ops/devices.js";

interface CasesFile {
  interfaceHash: number;
  cases: readonly CaseRecord[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const casesFile = join(root, "benchmarks/gpu/programs.json.gz");

function readCases(): CasesFile {
  return JSON.parse(gunzipSync(readFileSync(casesFile)).toString());
}

describe("benchmarks/gpu", () => {
  const folder = mkdtempSync(join(tmpdir(), "counterpoint-gpu-"));
  after(() => rmSync(folder, { recursive: true }));

  /** Runs `sections` on the emulator, with `cases` in the place of the committed ones. */
  function run(sections: string, cases?: CasesFile) {
    const [report, other] = [join(folder, "report.json"), join(folder, "cases.json.gz")];
    if (cases) writeFileSync(other, gzipSync(JSON.stringify(cases)));
    const words = ["--emulated", "--only", sections, "--out", report, ...(cases ? ["--cases", other] : [])];
    const { status, stdout, stderr } = spawnSync("python3", ["benchmarks/gpu/run.py", ...words], {
      cwd: root,
      encoding: "utf8",
    });
    return { status, text: `${stdout}${stderr}`, report: JSON.parse(readFileSync(report, "utf8")) };
  }

  it("the committed programs are what the sources give, and small", () => {
    const writer = join(root, "dist/benchmarks/gpu/write-programs.js");
    const { status, stderr } = spawnSync(process.execPath, [writer, "--check"], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.ok(statSync(casesFile).size < 400_000);
  });

  describe("on the emulator", () => {
    before(function () {
      const found = spawnSync("python3", ["-c", "import sys, numpy; assert sys.version_info >= (3, 11)"]);
      if (found.status === 0) return;
      console.error("    NOT TESTED: benchmarks/gpu/run.py, since there is no python3 of 3.11 or newer with numpy");
      this.skip();
    });

    it("every op with a kernel is checked and right, and tiny nets give numbers", () => {
      const { status, text, report } = run("checks,steps");
      assert.equal(status, 0, text);
      assert.deepEqual(report.checks.failed, []);
      const checked = Object.keys(report.checks.by_op).map((key) => key.split(" ")[0]);
      assert.deepEqual(new Set(checked), cudaOps);
      const models = report.steps.map(({ model }: { model: string }) => model.split(",")[0]);
      assert.deepEqual(new Set(models), new Set(["tiny-unet", "tiny-composer", "tiny-decoder"]));
    }).timeout(300_000);

    it("a wrong result is found, by name, and the command fails", () => {
      const { interfaceHash, ...file } = readCases();
      const few = structuredClone(file.cases.filter(({ kind, dtype }) => kind === "op" && dtype === "f16").slice(0, 3));
      const [, second] = few;
      (second.expected![0].sums as number[])[7] += 0.01 * second.expected![0].norm;
      const { status, text, report } = run("checks", { ...file, interfaceHash, cases: few });
      assert.equal(status, 1, text);
      assert.deepEqual(
        report.checks.failed.map(({ id }: { id: string }) => id),
        [second.name],
      );
      assert.match(text, new RegExp(`FAILED ${second.name.split(" ")[0]}`));
    });

    it("a library of other ops is refused", () => {
      const file = readCases();
      const { status, text } = run("checks", { ...file, interfaceHash: (file.interfaceHash ^ 1) >>> 0 });
      assert.equal(status, 1);
      assert.match(text, /expected 1 and 0x/);
    });

    it("an unknown section is refused before anything runs", () => {
      const words = ["benchmarks/gpu/run.py", "--emulated", "--only", "cheks"];
      const { status, stderr } = spawnSync("python3", words, { cwd: root, encoding: "utf8" });
      assert.equal(status, 1);
      assert.match(stderr, /no section cheks; there are build, environment/);
    });
  });
});
