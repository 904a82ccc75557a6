/**
 * The reference device: programs by their ops' reference loops, in f64 inside an instruction and rounded to the operand's
 * dtype where it stores. Slow and plain; what other devices are compared with.
 */
import { CounterpointError } from "../graph/error.js";
import type { RealDtype } from "../graph/graph.js";
import type { Program } from "../program/program.js";
import { computeDtype } from "./capabilities.js";
import { checkProgram } from "./check-program.js";
import type { Device, DeviceInfo, DeviceMemory, DeviceRegion, LoadedProgram, RunOptions } from "./device.js";
import { executeInstruction } from "./execute.js";
import { hostMemory } from "./host-memory.js";

/** Longest time the event loop is held between two instructions that are each shorter than it. */
const sliceMs = 10;

/**
 * Opens a reference device that stores in `dtype`, f32 if not given; any number may be open. It holds no resources beyond
 * ArrayBuffers. Throws CP_ARG_RANGE.
 */
export function openReferenceDevice({ dtype }: { dtype?: RealDtype } = {}): Device {
  return new ReferenceDevice(computeDtype("reference", dtype));
}

class ReferenceRegion implements DeviceRegion {
  memory: ArrayBuffer | null;
  readonly bytes: number;

  constructor(
    readonly device: ReferenceDevice,
    bytes: number,
  ) {
    this.bytes = bytes;
    this.memory = allocate(bytes);
  }

  write(offset: number, data: ArrayBufferView): Promise<void> {
    const copy = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    return this.device.submit(() => {
      this.range(offset, copy.byteLength).set(copy);
    });
  }

  read(offset: number, bytes: number): Promise<ArrayBuffer> {
    return this.device.submit(() => this.range(offset, bytes).slice().buffer);
  }

  free(): void {
    void this.device.submit(() => {
      this.memory = null;
    }, true);
  }

  content(): ArrayBuffer {
    if (this.memory) return this.memory;
    throw new CounterpointError("CP_CLOSED", "this region of memory has been freed");
  }

  private range(offset: number, bytes: number): Uint8Array<ArrayBuffer> {
    const memory = this.content();
    const end = offset + bytes;
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(bytes) || offset < 0 || bytes < 0 || end > this.bytes) {
      throw new CounterpointError("CP_ARG_RANGE", `bytes ${offset} to ${end} of a region of ${this.bytes} bytes`, {
        details: { offset, bytes, limit: this.bytes },
      });
    }
    return new Uint8Array(memory, offset, bytes);
  }
}

class ReferenceProgram implements LoadedProgram {
  freed = false;

  constructor(
    readonly device: ReferenceDevice,
    readonly program: Program,
  ) {}

  free(): void {
    this.freed = true;
  }
}

class ReferenceDevice implements Device {
  readonly info: DeviceInfo;
  private queue: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(compute: RealDtype) {
    this.info = { kind: "reference", name: "reference (f64)", isa: "", threads: 1, compute };
  }

  memory(): DeviceMemory {
    return hostMemory();
  }

  createRegion(bytes: number): DeviceRegion {
    if (this.closed) throw closedError();
    return new ReferenceRegion(this, bytes);
  }

  load(program: Program): LoadedProgram {
    if (this.closed) throw closedError();
    checkProgram(program);
    return new ReferenceProgram(this, program);
  }

  run(
    loaded: LoadedProgram,
    memory: { weights: DeviceRegion; state: DeviceRegion },
    options: RunOptions = {},
  ): Promise<void> {
    const inputs = options.inputs?.slice() ?? new Uint8Array();
    return this.submit(() => this.execute(loaded, memory, inputs, options.signal));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.queue;
  }

  /** Runs `job` after everything submitted before; its failure fails no other job. */
  submit<T>(job: () => T | Promise<T>, evenClosed = false): Promise<T> {
    if (this.closed && !evenClosed) return Promise.reject(closedError());
    const result = this.queue.then(job);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async execute(
    loaded: LoadedProgram,
    regions: { weights: DeviceRegion; state: DeviceRegion },
    inputs: Uint8Array<ArrayBuffer>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { weights, state } = regions;
    const own = [loaded, weights, state].every((it) => (it as { device?: unknown }).device === this);
    if (!own || !(loaded instanceof ReferenceProgram)) throw foreign();
    if (!(weights instanceof ReferenceRegion) || !(state instanceof ReferenceRegion)) throw foreign();
    if (loaded.freed) throw new CounterpointError("CP_CLOSED", "this program has been freed");
    const { program } = loaded;
    const needed = { weights: program.weights.bytes, state: program.state.bytes, inputs: program.inputs.bytes };
    const got = { weights: weights.bytes, state: state.bytes, inputs: inputs.byteLength };
    if (got.weights < needed.weights || got.state < needed.state || got.inputs !== needed.inputs) {
      throw new CounterpointError("CP_ARG_SHAPE", "the memory given does not fit the program", {
        details: { expected: needed, got },
      });
    }
    const memory = {
      weights: weights.content(),
      state: state.content(),
      inputs: inputs.buffer,
      arena: allocate(program.arenaBytes),
    };
    let sliceStart = performance.now();
    for (const instruction of program.instructions) {
      if (signal?.aborted) throw new CounterpointError("CP_CANCELLED", "the run was cancelled", { phase: "sample" });
      executeInstruction(instruction, memory);
      if (performance.now() - sliceStart < sliceMs) continue;
      await new Promise(setImmediate);
      sliceStart = performance.now();
    }
  }
}

function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    throw new CounterpointError("CP_OOM_HOST", `cannot allocate ${bytes} bytes`, { details: { bytes }, cause });
  }
}

function closedError(): CounterpointError {
  return new CounterpointError("CP_CLOSED", "this device has been closed");
}

function foreign(): CounterpointError {
  return new CounterpointError("CP_ARG_TYPE", "a program or region of another device");
}
