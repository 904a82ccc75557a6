/** Which devices this machine offers, and why the others are left out. Opens each for a moment, computes nothing. */
import { freemem, totalmem } from "node:os";
import { CounterpointError } from "../graph/error.js";
import { ownIsas } from "../program/isa.js";
import { openCpuDevice } from "./cpu.js";
import type { DeviceInfo } from "./device.js";
import { openReferenceDevice } from "./reference.js";

export interface ListedDevice extends DeviceInfo {
  /** Whether `auto` takes it. */
  readonly isDefault: boolean;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
}

export interface SkippedDevice {
  readonly kind: DeviceInfo["kind"];
  readonly isa: string;
  /** A stable CP_ code. */
  readonly code: string;
  readonly reason: string;
}

/** The CPU once for each instruction set, the best one first, then the reference device. */
export async function listDevices(): Promise<{ devices: ListedDevice[]; skipped: SkippedDevice[] }> {
  const memory = { totalBytes: totalBytes(), freeBytes: freemem() };
  const devices: ListedDevice[] = [];
  const skipped: SkippedDevice[] = [];
  for (const isa of ownIsas) {
    try {
      const device = openCpuDevice({ isa });
      devices.push({ ...device.info, isDefault: devices.length === 0, memory });
      await device.close();
    } catch (error) {
      if (!(error instanceof CounterpointError)) throw error;
      skipped.push({ kind: "cpu", isa, code: error.code, reason: error.message });
    }
  }
  const reference = openReferenceDevice();
  devices.push({ ...reference.info, isDefault: false, memory });
  await reference.close();
  return { devices, skipped };
}

/** What this process may use: a container's limit where there is one, which reads as 0 or as a huge number without. */
function totalBytes(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}
