/** The event loop stays free from load() on, compilation included, with nets of the embedded default's sizes. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Composer } from "../../lib/index.js";
import { picture, writeMiniModel } from "./tiny-model.js";

const limitMs = 50;
const schedule = "/proc/thread-self/schedstat";

/** Processor time of this thread in ms: other processes, which delay the loop too, do not count. */
function threadMs(): number {
  return Number(readFileSync(schedule, "utf8").split(" ")[0]) / 1e6;
}

/** Runs `work`; gives the longest delay of a timer and the most processor time between two turns of the loop, in ms. */
async function watched(work: () => Promise<unknown>): Promise<{ delayMs: number; heldMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let last = threadMs();
  let heldMs = 0;
  const turn = () => {
    const now = threadMs();
    heldMs = Math.max(heldMs, now - last);
    last = now;
  };
  const timer = setInterval(turn, 1);
  delay.enable();
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    clearInterval(timer);
    delay.disable();
  }
  return { delayMs: delay.max / 1e6, heldMs };
}

describe("the event loop", () => {
  let weights = "";
  before(async () => {
    weights = await writeMiniModel();
  });

  it(`is never held for ${limitMs} ms`, async function () {
    if (!existsSync(schedule)) this.skip();
    let composer!: Composer;
    const image = picture(1, 300);
    const parts = { palette: ["#204060"], caption: "a red cube" };
    const phases: readonly [string, () => Promise<unknown>][] = [
      ["load", async () => (composer = await Composer.load({ weights }))],
      ["decompose", () => composer.decompose(image)],
      ["compose", async () => composer.compose({ ...parts, ...(await composer.decompose(image)) }, { steps: 2 })],
      ["compose four", async () => composer.compose(parts, { steps: 1, count: 4 })],
      ["close", () => composer.close()],
    ];
    const held: [string, number][] = [];
    for (const [name, work] of phases) {
      const { delayMs, heldMs } = await watched(work);
      console.log(`      ${name}: held for ${heldMs.toFixed(1)} ms, longest delay ${delayMs.toFixed(1)} ms`);
      held.push([name, heldMs]);
    }
    assert.deepEqual(
      held.filter(([, heldMs]) => heldMs >= limitMs),
      [],
    );
  });
});
