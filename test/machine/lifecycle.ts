/** The cpu device in time: cancellation, closing, freeing and ending in mid-run, and a free event loop. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { prepareRun, width } from "./long-run.js";

const script = join(import.meta.dirname, "worker-in-mid-run.js");
const floats = (fill: (index: number) => number) => Float32Array.from({ length: width * width }, (_, i) => fill(i));
const identity = (scale: number) => floats((i) => (i % (width + 1) === 0 ? scale : 0));

describe("cpu device in mid-run", () => {
  it("the event loop turns, and a raised signal ends the run within instructions, with its reason", async () => {
    const device = openCpuDevice({ threads: 1 });
    const { loaded, memory } = prepareRun(device, 5000);
    const controller = new AbortController();
    const run = device.run(loaded, memory, { signal: controller.signal });
    let turns = 0;
    while (turns < 20) {
      await sleep(1);
      turns++;
    }
    const waiting = device.run(loaded, memory, { signal: AbortSignal.timeout(5) });
    await sleep(10);
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(run, { code: "CP_CANCELLED", phase: "sample", cause: reason });
    await assert.rejects(waiting, { code: "CP_CANCELLED" });
    const short = prepareRun(device, 1);
    await short.memory.weights.write(0, identity(2));
    await short.memory.state.write(
      0,
      floats((i) => i % 7),
    );
    await device.run(short.loaded, short.memory);
    assert.deepEqual(
      new Float32Array(await short.memory.state.read(0, 4 * width)),
      floats((i) => i % 7).slice(0, width),
    );
    await device.close();
  });

  it("weights written anew are packed anew, and a region may be weights once and state later", async () => {
    const device = openCpuDevice({ threads: 2 });
    const { loaded, memory } = prepareRun(device, 1);
    const { weights, state } = memory;
    for (const scale of [2, 6]) {
      await weights.write(0, identity(scale));
      await state.write(
        0,
        floats(() => 1),
      );
      await device.run(loaded, memory);
      assert.equal(new Float32Array(await state.read(0, 4))[0], scale / 2);
    }
    await device.run(loaded, { weights: state, state: weights });
    await state.write(
      0,
      floats(() => 1),
    );
    await device.run(loaded, memory);
    assert.equal(new Float32Array(await state.read(0, 4))[0], 9 * (width / 2));
    await device.close();
  });

  it("what is submitted is done although its inputs change, its handles are freed and the device is closed", async () => {
    const device = openCpuDevice({ threads: 2 });
    const { loaded, memory } = prepareRun(device, 100);
    const data = identity(2);
    const writes = [
      memory.weights.write(0, data),
      memory.state.write(
        0,
        floats(() => 3),
      ),
    ];
    data.fill(Number.NaN);
    const run = device.run(loaded, memory);
    const read = memory.state.read(4, 4);
    loaded.free();
    memory.weights.free();
    memory.state.free();
    const closed = device.close();
    await assert.rejects(device.run(loaded, memory), { code: "CP_CLOSED" });
    await Promise.all([...writes, run, closed, device.close()]);
    assert.equal(new Float32Array(await read)[0], 3);
  });

  it("50 workers terminated in mid-run leave the process alive and their memory behind them", async () => {
    const endOne = async (delayMs: number) => {
      const worker = new Worker(script);
      await once(worker, "message");
      await sleep(delayMs);
      await worker.terminate();
    };
    await endOne(0);
    const before = process.memoryUsage().rss;
    for (let i = 1; i < 50; i += 2) await Promise.all([endOne(i % 7), endOne((i * 5) % 11)]);
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 128 << 20, `resident memory grew by ${grown >> 20} MiB; every worker held 32 MiB`);
  });

  for (const [end, code] of [
    ["exit", 7],
    ["throw", 1],
  ] as const) {
    it(`a process that ends in mid-run by ${end} has exit code ${code}`, async () => {
      const child = spawn(process.execPath, [script, end], { stdio: "ignore" });
      assert.deepEqual(await once(child, "exit"), [code, null]);
    });
  }
});
