/**
 * bf16 on the CPU: composer-mini's step is no farther off than the reference in bf16, for every instruction set this machine
 * can run, with the same bits for any number of threads; memory is half; and compositions by the public API.
 */
import assert from "node:assert/strict";
import { Composer } from "../../lib/composer/composer.js";
import { prepareGraph, stepGraph } from "../../lib/composer/programs.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import type { Device } from "../../lib/machine/device.js";
import { listDevices } from "../../lib/machine/list.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import type { Isa } from "../../lib/program/isa.js";
import { initialise } from "../../lib/session/initialise.js";
import { Session } from "../../lib/session/session.js";
import { relativeError } from "../passes/finite-differences.js";
import { halfMini, stepInputs } from "./half-mini.js";
import { parametersOf, picture, writeTinyModel } from "./tiny-model.js";

describe("bf16 on the CPU", () => {
  it("a whole step is as near as the reference's in bf16, on every instruction set and for any threads", async () => {
    const extent = { images: 1, branches: 2 };
    const graphs = { prepare: prepareGraph(halfMini, extent), step: stepGraph(halfMini, extent) };
    const parameters = await initialise(parametersOf(Object.values(graphs)), 1);
    const sizes: number[] = [];
    const latentOn = async (device: Device) => {
      const session = await Session.open({ device, programs: graphs, parameters });
      for (const [name, graph] of Object.entries(graphs)) await session.run(name, stepInputs(graph));
      const latent = Float64Array.from(await session.readState("latent"));
      sizes.push(session.memoryBytes);
      await session.close();
      await device.close();
      return latent;
    };
    const exact = await latentOn(openCpuDevice());
    const allowed = relativeError(await latentOn(openReferenceDevice({ dtype: "bf16" })), exact);
    const { devices } = await listDevices();
    for (const { isa } of devices.filter(({ kind }) => kind === "cpu")) {
      const [one, two] = await Promise.all(
        [1, 2].map((threads) => latentOn(openCpuDevice({ threads, isa: isa as Isa, dtype: "bf16" }))),
      );
      assert.deepEqual(one, two, isa);
      const error = relativeError(one, exact);
      assert.ok(error <= allowed && error > 1e-4, `${isa}: off by ${error}, allowed ${allowed}`);
    }
    const weights = parametersOf(Object.values(graphs)).reduce(
      (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b),
      0,
    );
    assert.ok(
      sizes[0] - sizes.at(-1)! > 0.45 * weights,
      `${sizes[0]} and ${sizes.at(-1)} bytes of ${weights} of weights`,
    );
  }).timeout(600_000);

  it("compose() and decompose() work, and an image's bytes do not depend on its batch", async () => {
    const weights = await writeTinyModel();
    await using composer = await Composer.load({ device: "cpu", dtype: "bf16", weights });
    assert.equal(composer.device.compute, "bf16");
    const parts = await composer.decompose(picture());
    const options = { steps: 3, eta: 1, measure: false };
    const { images } = await composer.compose(parts, { ...options, count: 2 });
    const [alone] = (await composer.compose(parts, { ...options, first: 1 })).images;
    assert.deepEqual(alone.data, images[1].data);
    await using plain = await Composer.load({ device: "cpu", weights });
    const [exact] = (await plain.compose(parts, { ...options, first: 1 })).images;
    const furthest = exact.data.reduce((most, byte, i) => Math.max(most, Math.abs(byte - alone.data[i])), 0);
    assert.ok(furthest > 0 && furthest <= 12, `bytes differ by ${furthest}`);
  });

  it("what a CPU does not have is refused with what it has", async () => {
    const message = 'dtype: got "f16", expected f32, bf16 on cpu';
    await assert.rejects(Composer.load({ device: "cpu", dtype: "f16" }), { code: "CP_ARG_RANGE", message });
  });
});
