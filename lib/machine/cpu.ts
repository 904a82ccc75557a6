/**
 * The CPU device: the native addon behind the `Device` interface. Runs happen on the device's own thread; this file
 * passes handles and bytes, and turns native errors into `CounterpointError`.
 */
import { cpus } from "node:os";
import { CounterpointError } from "../graph/error.js";
import type { RealDtype } from "../graph/graph.js";
import { encodeProgram } from "../program/encode.js";
import type { Isa } from "../program/isa.js";
import type { Program } from "../program/program.js";
import { type Addon, loadAddon, type NativeCpuDevice, type NativeHandle } from "./addon.js";
import { computeDtype } from "./capabilities.js";
import type { Device, DeviceInfo, DeviceRegion, LoadedProgram, RunOptions } from "./device.js";

export interface CpuDeviceOptions {
  /** Threads that kernels run on, 1 to 256. Default: as many CPUs as this process may keep busy. */
  readonly threads?: number;
  /** Default: the best this CPU has. */
  readonly isa?: Isa;
  /** What is stored in: f32 is all there is. */
  readonly dtype?: RealDtype;
}

/**
 * Opens the CPU. Several may be open at once, each with threads of its own.
 *
 * Throws CP_NATIVE_LOAD, CP_ARG_TYPE, CP_ARG_RANGE, CP_ISA_UNSUPPORTED.
 */
export function openCpuDevice(options: CpuDeviceOptions = {}): Device {
  if (options.threads === 0) throw new CounterpointError("CP_ARG_RANGE", "threads: got 0, expected 1 to 256");
  return new CpuDevice(loadAddon(), options);
}

class CpuDevice implements Device {
  readonly info: DeviceInfo;
  private readonly native: NativeCpuDevice;
  private readonly handles = new Set<NativeHandle>();
  private lastTicket = 0;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly addon: Addon,
    options: CpuDeviceOptions,
  ) {
    this.native = translated("env", () => new addon.CpuDevice(options.threads ?? 0, options.isa ?? ""));
    this.info = {
      kind: "cpu",
      name: cpus()[0]?.model.trim() ?? "CPU",
      ...this.native.info(),
      compute: computeDtype("cpu", options.dtype),
    };
  }

  createRegion(bytes: number): DeviceRegion {
    const handle = translated("load", () => new this.addon.Region(this.native, bytes));
    return new CpuRegion(this, this.native, this.own(handle), bytes);
  }

  load(program: Program): LoadedProgram {
    const handle = translated("load", () => new this.addon.Program(this.native, encodeProgram(program)));
    return new CpuProgram(this, this.own(handle), program);
  }

  async run(
    loaded: LoadedProgram,
    { weights, state }: { weights: DeviceRegion; state: DeviceRegion },
    { inputs = new Uint8Array(), signal }: RunOptions = {},
  ): Promise<void> {
    if (!(loaded instanceof CpuProgram && weights instanceof CpuRegion && state instanceof CpuRegion)) {
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

class CpuRegion implements DeviceRegion {
  constructor(
    private readonly device: CpuDevice,
    private readonly native: NativeCpuDevice,
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

class CpuProgram implements LoadedProgram {
  constructor(
    private readonly device: CpuDevice,
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
