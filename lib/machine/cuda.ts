/**
 * NVIDIA GPUs as devices, by libcounterpoint-cuda, a library of its own that is opened when first asked for; and the same
 * library over an emulator, for tests: right, and slow.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CounterpointError } from "../graph/error.js";
import type { RealDtype } from "../graph/graph.js";
import { addonFolder } from "./addon.js";
import { computeDtype } from "./capabilities.js";
import type { Device } from "./device.js";
import { openNativeDevice } from "./native.js";

export interface CudaDeviceOptions {
  /** Which GPU, as the driver counts them from 0; of emulated devices, the seed of the scheduling. Default 0. */
  readonly index?: number;
  /** Emulate the GPU on the CPU. */
  readonly emulated?: boolean;
  /** What activations and weights are stored in. Default f16. */
  readonly dtype?: RealDtype;
}

/**
 * Opens a GPU. Several may be open at once, the same one too.
 *
 * Throws CP_CUDA_NO_DRIVER, CP_CUDA_DRIVER_TOO_OLD, CP_CUDA_NO_DEVICE, CP_CUDA_UNSUPPORTED_GPU, CP_CUDA_SELFTEST where the
 * machine lacks something; CP_CUDA_PACKAGE_MISSING, CP_CUDA_PACKAGE_MISMATCH, CP_NATIVE_LOAD where the library is not there,
 * of another build or broken; CP_ARG_TYPE, CP_ARG_RANGE.
 */
export function openCudaDevice({ index = 0, emulated = false, dtype }: CudaDeviceOptions = {}): Device {
  const kind = emulated ? "cuda-emulated" : "cuda";
  const compute = computeDtype(kind, dtype);
  const library = libraryPath(emulated);
  return openNativeDevice(
    (addon) => new addon.Device("cuda", index, library),
    ({ name, isa, threads }) => ({ kind, name, isa, threads, index, compute }),
  );
}

/** Beside the addon, or where COUNTERPOINT_CUDA_LIBRARY says. */
function libraryPath(emulated: boolean): string {
  if (!emulated) return process.env.COUNTERPOINT_CUDA_LIBRARY || join(addonFolder(), "libcounterpoint-cuda.so");
  const path = join(addonFolder(), "libcounterpoint-cuda-emulated.so");
  if (existsSync(path)) return path;
  const what = `the emulated CUDA library is not there: ${path}; build it with "npm run build:native-tests"`;
  throw new CounterpointError("CP_CUDA_PACKAGE_MISSING", what, { details: { path } });
}
