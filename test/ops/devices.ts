/**
 * The devices that op cases run on: the reference, and the CPU with every instruction set that this machine can run,
 * each with 1, 2 and 3 threads. Where the addon is not built, asking for them throws CP_NATIVE_LOAD.
 */
import { CounterpointError } from "../../lib/graph/error.js";
import type { RealDtype } from "../../lib/graph/graph.js";
import { capabilities } from "../../lib/machine/capabilities.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import type { Device } from "../../lib/machine/device.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { type Isa, ownIsas } from "../../lib/program/isa.js";

export interface TestDevice {
  readonly name: string;
  /** The dtypes that it takes where an op leaves them open. */
  readonly storage: readonly RealDtype[];
  /** Devices that must give the same bits: one for each number of threads. */
  readonly byThreads: readonly Device[];
}

let opened: readonly TestDevice[] | null = null;

/** All of them; opened once per process and closed after its last test. */
export function testDevices(): readonly TestDevice[] {
  const { storage } = capabilities.reference;
  opened ??= [
    { name: "reference", storage, byThreads: [openReferenceDevice()] },
    ...ownIsas.flatMap((isa) => openIsa(isa)),
  ];
  return opened;
}

/** Nothing where this CPU lacks the instruction set. */
function openIsa(isa: Isa): TestDevice[] {
  try {
    const { storage } = capabilities.cpu;
    return [{ name: `cpu ${isa}`, storage, byThreads: [1, 2, 3].map((threads) => openCpuDevice({ threads, isa })) }];
  } catch (error) {
    if (error instanceof CounterpointError && error.code === "CP_ISA_UNSUPPORTED") return [];
    throw error;
  }
}

after(async () => {
  for (const { byThreads } of opened ?? []) for (const device of byThreads) await device.close();
  opened = null;
});
