/** Ending compositions early: by a signal, by closing, before and after; and that the next good call works. */
import assert from "node:assert/strict";
import { type ComposeOptions, Composer, type Run } from "../../lib/index.js";
import { expectCode } from "../conditions/expect-code.js";
import { picture, writeTinyModel } from "./tiny-model.js";

describe("compose, ended early", () => {
  let weights = "";
  before(async () => {
    weights = await writeTinyModel();
  });
  const long: ComposeOptions = { steps: 1000, count: 4 };

  /** Waits for `steps` steps of a run. */
  async function watched(run: Run, steps: number): Promise<void> {
    for await (const { step } of run) if (step === steps) return;
  }

  for (const device of ["reference", "cpu", "cuda-emulated"] as const) {
    it(`${device}: a signal ends a run within one step, and no other`, async () => {
      await using composer = await Composer.load({ device, weights });
      const [expected] = (await composer.compose({}, { steps: 1 })).images;
      const controller = new AbortController();
      const run = composer.compose({}, { ...long, count: device === "cpu" ? 4 : 1, signal: controller.signal });
      await watched(run, 2);
      let later = 0;
      const watching = (async () => {
        for await (const { step } of run) later = step;
      })();
      controller.abort();
      const other = composer.compose({}, { steps: 1 });
      await expectCode(() => run, "CP_CANCELLED");
      await expectCode(() => watching, "CP_CANCELLED");
      assert.ok(later <= 3, `${later} steps`);
      assert.deepEqual((await other).images[0].data, expected.data);
    });
  }

  it("closing ends every run, may be repeated, and refuses what comes after", async () => {
    const composer = await Composer.load({ device: "cpu", weights });
    const runs = [1, 2, 3].map((seed) => composer.compose({}, { ...long, seed }));
    const fresh = composer.compose({}, { ...long, count: 5 });
    await watched(runs[0], 1);
    const ended = Promise.all([...runs, fresh].map((run) => expectCode(() => run, "CP_CLOSED")));
    await Promise.all([composer.close(), composer.close()]);
    await ended;
    await composer.close();
    await expectCode(() => composer.compose({}), "CP_CLOSED");
    await expectCode(() => composer.decompose(picture()), "CP_CLOSED");
  });

  it("closing before anything was opened, and while a net is being opened", async () => {
    await (await Composer.load({ device: "cpu", weights })).close();
    const composer = await Composer.load({ device: "cpu", weights });
    const parts = composer.decompose(picture());
    await Promise.all([expectCode(() => parts, "CP_CLOSED"), composer.close()]);
  });

  it("a signal that is raised already ends a call before it begins", async () => {
    await using composer = await Composer.load({ device: "reference", weights });
    const signal = AbortSignal.abort();
    await expectCode(() => composer.compose({}, { signal }), "CP_CANCELLED");
    await expectCode(() => composer.decompose(picture(), { signal }), "CP_CANCELLED");
  });

  it("a run that nobody awaits fails silently, and several may wait for one", async () => {
    await using composer = await Composer.load({ device: "reference", weights });
    composer.compose({}, { steps: 0 });
    await new Promise(setImmediate);
    const run = composer.compose({}, { steps: 1 });
    assert.equal(await run, await run);
  });
});
