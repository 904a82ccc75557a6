/**
 * What nvcc makes of the kernels, where there is an nvcc: no registers in memory, no more of them than let enough warps run,
 * and matrix products on tensor cores fed by asynchronous copies. Read from ptxas's report and from the PTX; with nvdisasm on
 * the path (PyPI: nvidia-cuda-nvdisasm) from the machine code as well.
 */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const architectures = ["80", "90"];
/** Two products of matrices with 256 threads, or four of attention with 128, share a multiprocessor's 65,536 registers. */
const mostRegisters: Readonly<Record<string, number>> = { productKernel: 128, flashKernel: 128 };
const mostRegistersElsewhere = 64;
/** Kernels that have no other business than products of matrices; in f32 they do without tensor cores. */
const onTensorCores = /(productKernel|flashKernel).*(Half|Brain)/;

interface Entry {
  readonly symbol: string;
  readonly registers: number;
  readonly stack: number;
  readonly spilled: number;
}

/** What `nvcc -Xptxas -v` says of every kernel. */
function entriesOf(report: string): readonly Entry[] {
  const pattern =
    /entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers/gs;
  return [...report.matchAll(pattern)].map(([, symbol, stack, stores, loads, registers]) => ({
    symbol,
    registers: Number(registers),
    stack: Number(stack),
    spilled: Number(stores) + Number(loads),
  }));
}

/** The part of a listing of PTX or machine code that each kernel has. */
function bodiesOf(listing: string, heading: RegExp): ReadonlyMap<string, string> {
  const parts = listing.split(heading);
  return new Map(parts.slice(1).flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 2]]] : [])));
}

function checkInstructions(bodies: ReadonlyMap<string, string>, symbol: string, expected: readonly RegExp[]): void {
  const body = bodies.get(symbol);
  assert.ok(body, `${symbol} is not in the listing`);
  for (const instruction of expected) assert.match(body, instruction, symbol);
}

async function run(command: string, words: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, words, { maxBuffer: 1 << 28 });
  return stdout + stderr;
}

async function compile(file: string, ptx: string): Promise<void> {
  const flags = ["-std=c++17", "-O3", "-fmad=false", `-I${join(root, "cuda")}`, `-I${join(root, "native")}`];
  await run("nvcc", [...flags, "-arch=compute_80", "-ptx", "-o", ptx, file]);
}

async function checkKernels(ptx: string, architecture: string): Promise<void> {
  const binary = `${ptx}-${architecture}.cubin`;
  const report = await run("ptxas", [
    "-v",
    `-arch=sm_${architecture}`,
    "-warn-spills",
    "-warn-lmem-usage",
    ptx,
    "-o",
    binary,
  ]);
  assert.doesNotMatch(report, /warning/i);
  const assembly = spawnSync("nvdisasm", [binary], { encoding: "utf8", maxBuffer: 1 << 28 });
  const inPtx = bodiesOf(readFileSync(ptx, "utf8"), /\.entry (\w+)/);
  const inAssembly = assembly.status === 0 ? bodiesOf(assembly.stdout, /\n\.text\.(\w+):/) : null;
  for (const { symbol, registers, stack, spilled } of entriesOf(report)) {
    const kernel = /\d([a-z][A-Za-z]*Kernel)/.exec(symbol)?.[1] ?? symbol;
    assert.deepEqual(
      { stack, spilled },
      { stack: 0, spilled: 0 },
      `${symbol} for sm_${architecture} uses local memory`,
    );
    const most = mostRegisters[kernel] ?? mostRegistersElsewhere;
    assert.ok(registers <= most, `${symbol} for sm_${architecture} uses ${registers} registers, of ${most}`);
    if (inAssembly) assert.doesNotMatch(inAssembly.get(symbol) ?? "", /\b(LDL|STL)\b/, symbol);
    if (!onTensorCores.test(symbol)) continue;
    checkInstructions(inPtx, symbol, [/mma\.sync\.aligned\.m16n8k16/, /ldmatrix/, /cp\.async\.cg/]);
    if (inAssembly) checkInstructions(inAssembly, symbol, [/\bHMMA\.16816/, /\bLDSM/, /\bLDGSTS/]);
  }
}

describe("CUDA kernels by nvcc", () => {
  const compilers = (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "nvcc")));
  const files = readdirSync(join(root, "cuda")).filter((name) => name.endsWith(".cu"));
  for (const file of files) {
    it(`${file}: no local memory, registers within bounds, matrices on tensor cores`, async function () {
      if (!compilers) this.skip();
      this.timeout(300_000);
      const folder = mkdtempSync(join(tmpdir(), "counterpoint-nvcc-"));
      const ptx = join(folder, "kernels.ptx");
      await compile(join(root, "cuda", file), ptx);
      await Promise.all(architectures.map((architecture) => checkKernels(ptx, architecture)));
      rmSync(folder, { recursive: true });
    });
  }
});
