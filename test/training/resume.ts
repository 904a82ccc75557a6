import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));
const steps = 10;

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A short training of clip-mini with a checkpoint after every step; killed after `killAfterMs`, if given. */
function train(folder: string, killAfterMs?: number, signal: NodeJS.Signals = "SIGKILL"): Promise<Ending> {
  const flags = ["--steps", String(steps), "--batch", "4", "--checkpoint-seconds", "0", "--out", folder, "--json"];
  const child = spawn(process.execPath, [command, "train", "clip-mini", ...flags]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill(signal), killAfterMs);
  return new Promise((resolve) => {
    child.on("close", (code, ended) => {
      clearTimeout(timer);
      resolve({ code, signal: ended, stdout, stderr });
    });
  });
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

describe("training that is killed", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "counterpoint-resume-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("ends with the weights of an uninterrupted run, bit for bit, after kill -9 at three random moments", async () => {
    const whole = join(folder, "whole");
    const broken = join(folder, "broken");
    const begun = performance.now();
    assert.equal((await train(whole)).code, 0);
    const wholeMs = performance.now() - begun;
    let kills = 0;
    for (let attempt = 0; attempt < 3; attempt++) {
      const { signal } = await train(broken, wholeMs * (0.3 + 0.5 * Math.random()));
      kills += signal === "SIGKILL" ? 1 : 0;
    }
    const last = await train(broken);
    assert.equal(last.code, 0, last.stderr);
    assert.ok(kills > 0, "no run was killed");
    const files = ["clip-mini.safetensors", "checkpoint.safetensors", "loss.csv"];
    for (const file of files) assert.equal(await sha256(join(broken, file)), await sha256(join(whole, file)), file);
  }).timeout(600_000);

  it("leaves a loss plot, and its folder is refused to another task", async () => {
    const stopped = join(folder, "whole");
    assert.ok((await stat(join(stopped, "loss.svg"))).size > 0);
    const child = spawn(process.execPath, [command, "train", "judge", "--steps", "2", "--out", stopped, "--json"]);
    let stdout = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 3);
    assert.equal(JSON.parse(stdout).error.code, "CP_CHECKPOINT_MISMATCH");
  }).timeout(600_000);
});
