/** Starts a long run and says so, for the test that ends it; `process.argv[2]` may ask for an end of its own. */
import { parentPort } from "node:worker_threads";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { prepareRun } from "./long-run.js";

/** Memory that would show if it stayed behind. */
const ballastBytes = 32 << 20;

async function begin(): Promise<void> {
  const device = openCpuDevice({ threads: 2 });
  const { loaded, memory } = prepareRun(device, 2000);
  const ballast = device.createRegion(ballastBytes);
  await ballast.write(0, new Uint8Array(ballastBytes).fill(1));
  const run = device.run(loaded, memory);
  const read = memory.state.read(0, 64);
  parentPort?.postMessage("running");
  if (process.argv[2] === "exit") setTimeout(() => process.exit(7), 20);
  if (process.argv[2] === "throw") {
    setTimeout(() => {
      throw new Error("uncaught on purpose");
    }, 20);
  }
  await Promise.all([run, read]);
}

if (parentPort || process.argv[1] === import.meta.filename) await begin();
