/** The addon's own surface: arguments of any kind throw and never crash; a missing binary says where it was sought. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { loadAddon, type NativeDeviceHandle, type NativeHandle } from "../../lib/machine/addon.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { openCudaDevice } from "../../lib/machine/cuda.js";

// biome-ignore lint/suspicious/noExplicitAny: calls that the types forbid are what is tested
type Any = any;

describe("addon", () => {
  const { Device, Region, Program } = loadAddon() as Any;
  let device: NativeDeviceHandle & Any;
  let region: NativeHandle;
  before(() => {
    device = new Device("cpu", 1, "");
    region = new Region(device, 64);
  });
  after(() => device.close());

  const strangers: Any[] = [undefined, null, 1, "x", {}, [], () => 0, new Proxy({}, {}), new Uint8Array(4)];
  const calls: readonly [string, (it: Any) => unknown][] = [
    ["new Region(it)", (it) => new Region(it, 1)],
    ["new Program(it)", (it) => new Program(it, new Uint8Array())],
    ["read(it)", (it) => device.read(it, 0, 1)],
    [
      "read of an object with the prototype",
      (it) => device.read(Object.setPrototypeOf({ it }, Region.prototype), 0, 1),
    ],
    ["read of a proxy of a region", () => device.read(new Proxy(region, {}), 0, 1)],
    ["read of a device", () => device.read(device, 0, 1)],
    ["write(it)", (it) => device.write(it, 0, new Uint8Array())],
    ["run(it)", (it) => device.run(it, region, region, new Uint8Array(), 1)],
    ["free of it", (it) => Region.prototype.free.call(it)],
    ["free of a device", () => Region.prototype.free.call(device)],
    ["run of a region", () => Device.prototype.run.call(region)],
    ["no arguments", () => device.run()],
    ["Device without new", () => Device("cpu", 1, "")],
  ];
  for (const [name, call] of calls) {
    it(`throws at ${name}`, () => {
      for (const stranger of strangers) assert.throws(() => call(stranger), `${String(stranger)}`);
    });
  }

  const ranges: readonly [string, () => unknown, string][] = [
    ["a negative offset", () => device.read(region, -1, 1), "CP_ARG_RANGE"],
    ["a fraction of a byte", () => device.read(region, 0, 1.5), "CP_ARG_RANGE"],
    ["no number", () => device.read(region, Number.NaN, 1), "CP_ARG_RANGE"],
    ["a sum that wraps", () => device.read(region, 2 ** 53 - 1, 2 ** 53 - 1), "CP_ARG_RANGE"],
    ["one byte too many", () => device.write(region, 1, new Uint8Array(64)), "CP_ARG_RANGE"],
    ["another array", () => device.write(region, 0, new Float32Array(4)), "CP_ARG_TYPE"],
    ["an offset as text", () => device.write(region, "0", new Uint8Array(4)), "CP_ARG_TYPE"],
    ["more memory than there is", () => new Region(device, 2 ** 53 - 1), "CP_OOM_HOST"],
    ["257 threads", () => new Device("cpu", 257, ""), "CP_ARG_RANGE"],
    ["2^40 threads", () => new Device("cpu", 2 ** 40, ""), "CP_ARG_RANGE"],
    ["threads as text", () => new Device("cpu", "2", ""), "CP_ARG_TYPE"],
    ["another instruction set", () => new Device("cpu", 1, "sse9"), "CP_ARG_RANGE"],
    ["another kind of device", () => new Device("gpu", 1, ""), "CP_ARG_TYPE"],
    ["a GPU's library as a number", () => new Device("cuda", 0, 1), "CP_ARG_TYPE"],
    ["half a GPU", () => openCudaDevice({ index: 0.5 }), "CP_ARG_RANGE"],
    ["zero threads", () => openCpuDevice({ threads: 0 }), "CP_ARG_RANGE"],
    ["half a thread", () => openCpuDevice({ threads: 0.5 }), "CP_ARG_RANGE"],
  ];
  for (const [name, call, code] of ranges) it(`refuses ${name}`, () => assert.throws(call, { code }));

  it("an empty read, an empty write and a detached array are no trouble", async () => {
    assert.equal((await device.read(region, 64, 0)).byteLength, 0);
    const detached = new Uint8Array(16);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    await device.write(region, 64, detached);
  });

  it("says where it looked for a binary that is not there or is none", () => {
    const code = `import { loadAddon } from ${JSON.stringify(new URL("../../lib/machine/addon.js", import.meta.url).href)};
      try { loadAddon(); } catch (error) { console.log(JSON.stringify(error)); }`;
    for (const path of ["/nowhere/counterpoint.node", import.meta.filename]) {
      const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
        env: { ...process.env, COUNTERPOINT_BINARY: path },
        encoding: "utf8",
      });
      const error = JSON.parse(stdout);
      assert.equal(error.code, "CP_NATIVE_LOAD");
      assert.equal(error.details.tried[0].path, path);
      assert.match(error.message, /build:native/);
    }
  });
});
