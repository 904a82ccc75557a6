/**
 * composer-mini whole, prepared and one step, on the emulated GPU: in f32 it gives what the CPU gives, in bf16 it is hardly
 * farther off than the reference in bf16; and so is a composition by the public API.
 *
 * The net is composer-mini's, its pictures of half the side, for a quarter of the work.
 */
import assert from "node:assert/strict";
import { Composer } from "../../lib/composer/composer.js";
import { prepareGraph, stepGraph } from "../../lib/composer/programs.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { openCudaDevice } from "../../lib/machine/cuda.js";
import type { Device } from "../../lib/machine/device.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { initialise } from "../../lib/session/initialise.js";
import { Session } from "../../lib/session/session.js";
import { relativeError } from "../passes/finite-differences.js";
import { halfMini, stepInputs } from "./half-mini.js";
import { parametersOf, picture, writeTinyModel } from "./tiny-model.js";

const extent = { images: 1, branches: 2 };

describe("a whole step on cuda-emulated", () => {
  it("agrees with the CPU in f32, and in bf16 as well as the reference does", async () => {
    const graphs = { prepare: prepareGraph(halfMini, extent), step: stepGraph(halfMini, extent) };
    const parameters = await initialise(parametersOf(Object.values(graphs)), 1);
    const latentOn = async (device: Device) => {
      const session = await Session.open({ device, programs: graphs, parameters });
      for (const [name, graph] of Object.entries(graphs)) await session.run(name, stepInputs(graph));
      const latent = Float64Array.from(await session.readState("latent"));
      await session.close();
      await device.close();
      return latent;
    };
    const exact = await latentOn(openCpuDevice());
    const f32 = relativeError(await latentOn(openCudaDevice({ emulated: true, dtype: "f32" })), exact);
    assert.ok(f32 <= 1e-5, `f32 is off by ${f32}`);
    const bf16 = relativeError(await latentOn(openCudaDevice({ emulated: true, dtype: "bf16" })), exact);
    const allowed = 1.3 * relativeError(await latentOn(openReferenceDevice({ dtype: "bf16" })), exact);
    assert.ok(bf16 <= allowed && bf16 > 1e-3, `bf16 is off by ${bf16}, allowed ${allowed}`);
  }).timeout(600_000);

  it("compose() and decompose() give in f32 the bytes that they give on the CPU, but for roundings", async () => {
    const weights = await writeTinyModel();
    const made = await Promise.all(
      (["cpu", "cuda-emulated"] as const).map(async (device) => {
        await using composer = await Composer.load({ device, dtype: "f32", weights });
        const parts = await composer.decompose(picture());
        const { images } = await composer.compose({ ...parts, caption: "a red ball" }, { steps: 3, eta: 1 });
        return { pixels: images[0].data, depth: parts.depth };
      }),
    );
    const furthest = made[0].pixels.reduce((most, byte, i) => Math.max(most, Math.abs(byte - made[1].pixels[i])), 0);
    assert.ok(furthest <= 1, `bytes differ by ${furthest}`);
    assert.ok(made[1].depth);
  });
});
