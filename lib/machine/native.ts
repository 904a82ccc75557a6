/**
 * A device of the native addon behind the `Device` interface. Runs happen on the device's own thread; this file passes
 * handles and bytes, and turns native errors into `CounterpointError`.
 */
import { CounterpointError } from "../graph/error.js";
import { encodeProgram } from "../program/encode.js";
import type { Program } from "../program/program.js";
import { type Addon, loadAddon, type NativeDeviceHandle, type NativeFacts, type NativeHandle } from "./addon.js";
import type { Device, DeviceInfo, DeviceMemory, DeviceRegion, LoadedProgram, RunOptions } from "./device.js";
import { hostMemory } from "./host-memory.js";

/**
 * Opens a device of the addon: what `open` makes, described by what `describe` makes of its facts.
 *
 * Throws CP_NATIVE_LOAD, and what the native constructor throws.
 */
export function openNativeDevice(
  open: (addon: Addon) => NativeDeviceHandle,
  describe: (facts: NativeFacts) => DeviceInfo,
): Device {
  const addon = loadAddon();
  const native = translated("env", () => open(addon));
  return new NativeDevice(
    addon,
    native,
    translated("env", () => describe(native.info())),
  );
}

class NativeDevice implements Device {
  private readonly handles = new Set<NativeHandle>();
  private lastTicket = 0;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly addon: Addon,
    private readonly native: NativeDeviceHandle,
    readonly info: DeviceInfo,
  ) {}

  memory(): DeviceMemory {
    const { totalBytes, freeBytes } = translated("env", () => this.native.info());
    return totalBytes > 0 ? { totalBytes, freeBytes } : hostMemory();
  }

  createRegion(bytes: number): DeviceRegion {
    const handle = translated("load", () => new this.addon.Region(this.native, bytes));
    return new NativeRegion(this, this.native, this.own(handle), bytes);
  }

  load(program: Program): LoadedProgram {
    const handle = translated("load", () => new this.addon.Program(this.native, encodeProgram(program)));
    return new NativeProgram(this, this.own(handle), program);
  }

  async run(
    loaded: LoadedProgram,
    { weights, state }: { weights: DeviceRegion; state: DeviceRegion },
    { inputs = new Uint8Array(), signal }: RunOptions = {},
  ): Promise<void> {
    if (!(loaded instanceof NativeProgram && weights instanceof NativeRegion && state instanceof NativeRegion)) {
      throw new CounterpointError("CP_ARG_TYPE", "the program and its regions must come from this device");
    }
    if (signal?.aborted) throw cancelled(signal);
    const ticket = ++this.lastTicket;
    const cancel = () => this.native.cancel(ticket);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      await this.native.run(loaded.handle, weights.handle, state.handle, inputs, ticket);
    } catch (error) {
      if (signal?.aborted && (error as NativeError).code === "CP_CANCELLED") throw cancelled(signal);
      throw fromNative(error, "sample");
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.native.close().then(() => {
      for (const handle of this.handles) this.release(handle);
    });
    return this.closing;
  }

  release(handle: NativeHandle): void {
    handle.free();
    this.handles.delete(handle);
  }

  private own(handle: NativeHandle): NativeHandle {
    this.handles.add(handle);
    return handle;
  }
}

class NativeRegion implements DeviceRegion {
  constructor(
    private readonly device: NativeDevice,
    private readonly native: NativeDeviceHandle,
    readonly handle: NativeHandle,
    readonly bytes: number,
  ) {}

  async write(offset: number, data: ArrayBufferView): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await this.native.write(this.handle, offset, bytes).catch(rethrow);
  }

  async read(offset: number, bytes: number): Promise<ArrayBuffer> {
    return await this.native.read(this.handle, offset, bytes).catch(rethrow);
  }

  free(): void {
    this.device.release(this.handle);
  }
}

class NativeProgram implements LoadedProgram {
  constructor(
    private readonly device: NativeDevice,
    readonly handle: NativeHandle,
    readonly program: Program,
  ) {}

  free(): void {
    this.device.release(this.handle);
  }
}

interface NativeError extends Error {
  code?: string;
  instruction?: number;
  frame?: string;
}

function translated<T>(phase: "env" | "load", body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw fromNative(error, phase);
  }
}

function rethrow(error: unknown): never {
  throw fromNative(error, "sample");
}

function fromNative(error: unknown, phase: "env" | "load" | "sample"): unknown {
  const { code, message, instruction, frame } = error as NativeError;
  if (!code?.startsWith("CP_")) return error;
  if (instruction === undefined) return new CounterpointError(code, message, { phase });
  const where = `instruction ${instruction}${frame ? ` (${frame})` : ""}`;
  return new CounterpointError(code, `${where}: ${message}`, { phase, details: { instruction, frame } });
}

function cancelled(signal: AbortSignal): CounterpointError {
  return new CounterpointError("CP_CANCELLED", "the run was cancelled", { phase: "sample", cause: signal.reason });
}
