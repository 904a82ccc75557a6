/**
 * A device: something that holds regions of memory and runs programs over them. `reference` is TypeScript, in f64 inside and
 * rounded at stores; `cpu`, and `cuda` on GPUs or emulated, are the native addon's. Everything above speaks to this
 * interface alone.
 */
import type { RealDtype } from "../graph/graph.js";
import type { Program } from "../program/program.js";

export type DeviceKind = "reference" | "cpu" | "cuda" | "cuda-emulated";

export interface DeviceInfo {
  readonly kind: DeviceKind;
  readonly name: string;
  /** Instruction set the kernels were compiled for, one of `isaNames`, or sm_90 for a GPU; "" where it means nothing. */
  readonly isa: string;
  /** Of a GPU, its multiprocessors. */
  readonly threads: number;
  /** Of a GPU, its number. */
  readonly index?: number;
  /** What matrices of weights are stored in, and activations where `Capabilities.storage` has it: graphs are lowered to it. */
  readonly compute: RealDtype;
}

export interface DeviceMemory {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** A region of memory on the device. */
export interface DeviceRegion {
  readonly bytes: number;
  /** Copies `data` to `offset`, after everything submitted before. The data may be changed once the call returns. */
  write(offset: number, data: ArrayBufferView): Promise<void>;
  /** Copies out `bytes` from `offset`, after everything submitted before. */
  read(offset: number, bytes: number): Promise<ArrayBuffer>;
  /** Frees the memory once nothing that was submitted needs it. Idempotent. */
  free(): void;
}

/** A program that the device has decoded, verified and accepted. */
export interface LoadedProgram {
  readonly program: Program;
  free(): void;
}

export interface RunOptions {
  /** The bytes of the inputs region for this run, copied before the call returns. */
  readonly inputs?: Uint8Array;
  /** Checked between instructions; a run that finds it raised rejects with CP_CANCELLED. */
  readonly signal?: AbortSignal;
}

export interface Device {
  readonly info: DeviceInfo;
  /** What its regions are taken from, at this moment. */
  memory(): DeviceMemory;
  /** Zero-filled memory. Throws CP_OOM_HOST, or CP_OOM_DEVICE on a GPU, where it cannot be had. */
  createRegion(bytes: number): DeviceRegion;
  /**
   * Verifies the program against its regions' sizes. Throws CP_PROGRAM_INVALID with the instruction's index and frame,
   * CP_OP_UNSUPPORTED where the device has no kernel for an op, CP_OOM_DEVICE where the arena would not fit.
   */
  load(program: Program): LoadedProgram;
  /**
   * Queues one run; resolves when it is done. Runs are executed one at a time in the order of submission.
   * `weights` and `state` are the regions the program's layouts describe; the arena is the device's own.
   */
  run(
    program: LoadedProgram,
    memory: { weights: DeviceRegion; state: DeviceRegion },
    options?: RunOptions,
  ): Promise<void>;
  /** Waits for what was submitted, then frees everything. Idempotent. */
  close(): Promise<void>;
}
