/** Which devices this machine offers, and why the others are left out. Opens each for a moment, computes nothing. */
import type { RealDtype } from "../graph/graph.js";
import { ownIsas } from "../program/isa.js";
import { computeDtypes } from "./capabilities.js";
import { type SkippedDevice, skippedDevice } from "./choose.js";
import { openCpuDevice } from "./cpu.js";
import { openCudaDevice } from "./cuda.js";
import type { Device, DeviceInfo, DeviceKind, DeviceMemory } from "./device.js";
import { openReferenceDevice } from "./reference.js";

export interface ListedDevice extends DeviceInfo {
  /** What the option `dtype` may be on it. */
  readonly dtypes: readonly RealDtype[];
  /** Whether `auto` takes it. */
  readonly isDefault: boolean;
  readonly memory: DeviceMemory;
}

/** The GPUs, then the CPU once for each instruction set, the best one first, then the reference device. */
export async function listDevices(): Promise<{ devices: ListedDevice[]; skipped: SkippedDevice[] }> {
  const devices: ListedDevice[] = [];
  const skipped: SkippedDevice[] = [];
  const tryOne = async (kind: DeviceKind, isa: string, open: () => Device): Promise<boolean> => {
    try {
      const device = open();
      const dtypes = computeDtypes(kind);
      devices.push({ ...device.info, dtypes, isDefault: devices.length === 0, memory: device.memory() });
      await device.close();
      return true;
    } catch (error) {
      skipped.push(skippedDevice(kind, isa, error));
      return false;
    }
  };
  let index = 0;
  while (await tryOne("cuda", "", () => openCudaDevice({ index }))) index++;
  // The number after the last GPU's is no device that was left out.
  if (index > 0) skipped.pop();
  for (const isa of ownIsas) await tryOne("cpu", isa, () => openCpuDevice({ isa }));
  await tryOne("reference", "", () => openReferenceDevice());
  return { devices, skipped };
}
