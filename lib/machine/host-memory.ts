/** What this process may use of the host's memory. */
import { freemem, totalmem } from "node:os";
import type { DeviceMemory } from "./device.js";

/** A container's limit counts where there is one, which reads as 0 or as a huge number without. */
export function hostMemory(): DeviceMemory {
  const totalBytes = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
  return { totalBytes, freeBytes: freemem() };
}
