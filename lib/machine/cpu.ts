/** The CPU as a device: kernels for its best instruction set, on a pool of threads. */
import { cpus } from "node:os";
import { CounterpointError } from "../graph/error.js";
import type { RealDtype } from "../graph/graph.js";
import type { Isa } from "../program/isa.js";
import { computeDtype } from "./capabilities.js";
import type { Device } from "./device.js";
import { openNativeDevice } from "./native.js";

export interface CpuDeviceOptions {
  /** Threads that kernels run on, 1 to 256. Default: as many CPUs as this process may keep busy. */
  readonly threads?: number;
  /** Default: the best this CPU has. */
  readonly isa?: Isa;
  /** f32, the default; or bf16: what matrices of weights are kept in, and their products' operands rounded to. */
  readonly dtype?: RealDtype;
}

/**
 * Opens the CPU. Several may be open at once, each with threads of its own.
 *
 * Throws CP_NATIVE_LOAD, CP_ARG_TYPE, CP_ARG_RANGE, CP_ISA_UNSUPPORTED.
 */
export function openCpuDevice({ threads, isa = "" as Isa, dtype }: CpuDeviceOptions = {}): Device {
  if (threads === 0) throw new CounterpointError("CP_ARG_RANGE", "threads: got 0, expected 1 to 256");
  const compute = computeDtype("cpu", dtype);
  return openNativeDevice(
    (addon) => new addon.Device("cpu", threads ?? 0, isa),
    (facts) => ({
      kind: "cpu",
      name: cpus()[0]?.model.trim() ?? "CPU",
      isa: facts.isa,
      threads: facts.threads,
      compute,
    }),
  );
}
