/**
 * The devices that op cases run on: the reference, the CPU with every instruction set that this machine can run, each with
 * 1, 2 and 3 threads, and, where cuda/ has a kernel, an emulated GPU with three seeds of its scheduling, on two of which
 * operands are fenced. Where the addon is not built, asking for them throws CP_NATIVE_LOAD.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CounterpointError } from "../../lib/graph/error.js";
import type { RealDtype } from "../../lib/graph/graph.js";
import type { OpDefinition } from "../../lib/graph/op.js";
import { addonFolder } from "../../lib/machine/addon.js";
import { capabilities } from "../../lib/machine/capabilities.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { openCudaDevice } from "../../lib/machine/cuda.js";
import type { Device } from "../../lib/machine/device.js";
import { openNativeDevice } from "../../lib/machine/native.js";
import { openReferenceDevice } from "../../lib/machine/reference.js";
import { type Isa, ownIsas } from "../../lib/program/isa.js";

export interface TestDevice {
  readonly name: string;
  /** The dtypes that it takes where an op leaves them open. */
  readonly storage: readonly RealDtype[];
  /** And those of weights beside a storage of f32. */
  readonly weights: readonly RealDtype[];
  /** Devices that must give the same bits: one for each number of threads, or seed. */
  readonly variants: readonly Device[];
}

const cudaFolder = new URL("../../../cuda/", import.meta.url);

let opened: readonly TestDevice[] | null = null;
let emulated: TestDevice | null = null;

/** All that run any program; opened once per process and closed after its last test. */
export function testDevices(): readonly TestDevice[] {
  opened ??= [
    { name: "reference", ...capabilities.reference, variants: [openReferenceDevice()] },
    ...ownIsas.flatMap((isa) => openIsa(isa)),
  ];
  return opened;
}

/** Nothing where this CPU lacks the instruction set. */
function openIsa(isa: Isa): TestDevice[] {
  try {
    const variants = [1, 2, 3].map((threads) => openCpuDevice({ threads, isa }));
    return [{ name: `cpu ${isa}`, ...capabilities.cpu, variants }];
  } catch (error) {
    if (error instanceof CounterpointError && error.code === "CP_ISA_UNSUPPORTED") return [];
    throw error;
  }
}

/** All that have a kernel for `op`. */
export function testDevicesFor(op: OpDefinition): readonly TestDevice[] {
  if (!cudaOps.has(op.name)) return testDevices();
  emulated ??= {
    name: "cuda-emulated",
    ...capabilities["cuda-emulated"],
    variants: [openCudaDevice({ index: 0, emulated: true }), openFenced(1), openFenced(2)],
  };
  return [...testDevices(), emulated];
}

/** An emulated GPU that runs single ops, operands between pages that cannot be touched: see test/cuda/fenced.cc. */
function openFenced(index: number): Device {
  const library = join(addonFolder(), "libcounterpoint-cuda-fenced.so");
  return openNativeDevice(
    (addon) => new addon.Device("cuda", index, library),
    ({ name, isa, threads }) => ({ kind: "cuda-emulated", name, isa, threads, index, compute: "f16" }),
  );
}

/** The ops that the files of cuda/ define functions for. */
export const cudaOps: ReadonlySet<string> = new Set(
  readdirSync(cudaFolder)
    .filter((file) => file.endsWith(".cu"))
    .flatMap((file) => {
      const functions = readFileSync(new URL(file, cudaFolder), "utf8").matchAll(
        /^void (\w+)\(const \w+& op, Launcher&/gm,
      );
      return [...functions].map(([, name]) => name);
    }),
);

after(async () => {
  const all = [...(opened ?? []), ...(emulated ? [emulated] : [])];
  for (const { variants } of all) for (const device of variants) await device.close();
  opened = emulated = null;
});
