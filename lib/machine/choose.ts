/** Opens the device that a name stands for, and finds out what `auto` is here. */
import { CounterpointError } from "../graph/error.js";
import { type CpuDeviceOptions, openCpuDevice } from "./cpu.js";
import { openCudaDevice } from "./cuda.js";
import type { Device, DeviceInfo, DeviceKind } from "./device.js";
import { openReferenceDevice } from "./reference.js";

/** Every name of a device; those of a GPU may be followed by its number, as in "cuda:1". */
export const deviceNames = ["auto", "cpu", "cuda", "cuda-emulated", "reference"] as const;

/** What a device's name looks like, number included. */
export const deviceNamePattern = `^(${deviceNames.join("|")}|cuda(-emulated)?:\\d{1,2})$`;

export type DeviceName = (typeof deviceNames)[number] | `cuda:${number}` | `cuda-emulated:${number}`;

/** A device that was not taken, and why. */
export interface SkippedDevice {
  readonly kind: DeviceKind;
  readonly isa: string;
  /** A stable CP_ code. */
  readonly code: string;
  readonly reason: string;
}

export interface ChosenDevice {
  readonly device: Device;
  /** What `auto` would have taken before; empty for every other name. */
  readonly skipped: readonly SkippedDevice[];
}

/** What computations ran on, as it is told to whoever asked for them. */
export interface ChosenDeviceInfo extends DeviceInfo {
  readonly skipped: readonly SkippedDevice[];
}

/**
 * Opens the device `name`. `auto` is the first GPU, or else the CPU: silently on a machine without an NVIDIA driver, with
 * one warning where there is a driver and yet no GPU to use. COUNTERPOINT_DEVICE, where it is set, stands for `auto`. Any
 * other name is taken at its word. Nothing falls back later.
 *
 * Throws CP_ARG_RANGE, and what opening the device throws.
 */
export function openDevice(name: DeviceName = "auto", options: CpuDeviceOptions = {}): ChosenDevice {
  const wanted = name === "auto" ? deviceOfEnvironment() : name;
  if (wanted === "auto") return openBest(options);
  return { device: openNamed(wanted, options), skipped: [] };
}

/** `error` as the reason to leave a device out; rethrows what is none of ours. */
export function skippedDevice(kind: DeviceKind, isa: string, error: unknown): SkippedDevice {
  if (!(error instanceof CounterpointError)) throw error;
  return { kind, isa, code: error.code, reason: error.message };
}

function deviceOfEnvironment(): DeviceName {
  const name = process.env.COUNTERPOINT_DEVICE || "auto";
  if (new RegExp(deviceNamePattern).test(name)) return name as DeviceName;
  const what = `COUNTERPOINT_DEVICE: got "${name}", expected one of ${deviceNames.join(", ")}, or cuda:1`;
  throw new CounterpointError("CP_ARG_RANGE", what, { details: { got: name, expected: deviceNames } });
}

function openNamed(name: DeviceName, options: CpuDeviceOptions): Device {
  if (name === "reference") return openReferenceDevice(options);
  if (name === "cpu") return openCpuDevice(options);
  const [kind, number = "0"] = name.split(":");
  return openCudaDevice({ index: Number(number), emulated: kind === "cuda-emulated", dtype: options.dtype });
}

function openBest(options: CpuDeviceOptions): ChosenDevice {
  try {
    return { device: openCudaDevice({ dtype: options.dtype }), skipped: [] };
  } catch (error) {
    const skipped = skippedDevice("cuda", "", error);
    if (skipped.code !== "CP_CUDA_NO_DRIVER") {
      process.emitWarning(`computing on the CPU: ${skipped.reason}`, {
        type: "CounterpointWarning",
        code: skipped.code,
      });
    }
    return { device: openCpuDevice(options), skipped: [skipped] };
  }
}
