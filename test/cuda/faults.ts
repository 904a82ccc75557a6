/**
 * Plants faults in CUDA kernels, one at a time, and sees whether the kernels' tests notice: `plant-faults.ts` says which
 * faults. The sources are compiled for the emulator with all faults in them, of which a variable of the environment chooses
 * one; then their tests run once for each, every case under three seeds, a few faults at a time. Run by hand:
 *
 *     node dist/test/cuda/faults.js [part of a file's name]
 *
 * Prints what was caught, and fails where fewer than 95 of 100 were, or where one got away that `harmless` does not explain.
 */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { choice, faultsOf, plant } from "./plant-faults.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const release = join(root, "build/Release");
/** All of the emulated library, for the linker; of what is there twice it takes the first, which is compiled with faults. */
const library = [
  "-x",
  "none",
  "-Wl,--whole-archive,-z,muldefs",
  join(release, "cuda_emulated.a"),
  "-Wl,--no-whole-archive",
];

/**
 * Files of kernels, and the test that must notice what goes wrong in them: a program of test/cuda, or a table of test/ops. Any
 * other file of an op has the table of its own name.
 */
const testsElsewhere: Readonly<Record<string, string>> = {
  "gemm/product.h": "cuda/product",
  "attention/flash.h": "cuda/attention",
  "attention/plain.h": "cuda/attention",
  "norms/group-norm.h": "cuda/norms",
  "norms/layer-norm.h": "cuda/norms",
  "map.h": "ops/add",
  "loops.h": "ops/downsample",
  "gather.h": "ops/concat-tokens",
  "concat.h": "ops/concat-channels",
  "window.h": "ops/pad-channels",
  "nearest-row.h": "ops/gather-rows",
  "attention-probabilities.cu": "ops/attention",
};

/** Faults that change no result, and why. */
const harmless: Readonly<Record<string, string>> = {
  "attention/flash.h: i + 1 < count -> true": "copies keys that nobody needs to a stage that nobody reads",
  "attention/flash.h: piece == 0 -> true": "several threads set the same flag",
  "gemm/product.h: laneIndex() >= 4 -> false": "all lanes of a column store the same moments",
  "gemm/product.h: laneIndex() != 0 -> false": "all lanes store the same moments",
  "attention-probabilities.cu: key < a.keys -> key <= a.keys":
    "the key behind the last is absent, and adds nothing to the sums",
  "attention/plain.h: synchronize(); -> nothing (2)":
    "the next maximum's shuffles hold the warp together too; hardware promises that for registers and not for memory",
  "map.h: left >= lanes -> false": "takes elements one by one, which is only slower",
  "mean.cu: thread == 0 -> true":
    "all threads store the same sum; a hardware thread could be late with an older one, and the emulator does not stop one there",
};

/** A fault that PLANTED_FAULT chooses by its number, from 1 on. */
interface PlantedFault {
  readonly number: number;
  readonly test: string;
  /** File, text, which of several of the same text, and what stands there instead. */
  readonly name: string;
  readonly line: number;
}

/** What is compiled for a test goes here. */
function buildOf(folder: string, test: string): string {
  return join(folder, "build", test);
}

/** Builds a test with its faults: a program of test/cuda, or an addon beside emulated libraries with the op compiled anew. */
async function compile(folder: string, test: string): Promise<void> {
  const build = buildOf(folder, test);
  mkdirSync(build, { recursive: true });
  const flags = [
    "-std=c++17",
    "-O1",
    "-w",
    "-ffp-contract=off",
    `-I${folder}`,
    `-I${join(root, "native")}`,
    "-x",
    "c++",
  ];
  if (!test.startsWith("ops/")) {
    await compiler(build, [...flags, join(root, "test", `${test}.cc`), ...library, "-o", "test"]);
    return;
  }
  const others = Object.keys(testsElsewhere).filter((file) => file.endsWith(".cu") && testsElsewhere[file] === test);
  const ops = [`${basename(test)}.cu`, ...others];
  for (const op of ops) await compiler(build, [...flags, "-fPIC", "-c", join(folder, op), "-o", `${op}.o`]);
  const objects = ops.map((op) => join(build, `${op}.o`));
  const fence = join(root, "test/cuda/fenced.cc");
  const rest = ["-x", "none", ...objects, ...library, "-shared", "-o"];
  await compiler(build, [...rest, "libcounterpoint-cuda-emulated.so"]);
  await compiler(build, [...flags, "-fPIC", fence, ...rest, "libcounterpoint-cuda-fenced.so"]);
  cpSync(join(release, "counterpoint.node"), join(build, "counterpoint.node"));
}

async function compiler(build: string, words: readonly string[]): Promise<void> {
  const { failed, output } = await outcome("g++", words, { cwd: build });
  if (failed) throw new Error(`${build} does not compile with its faults:\n${output}`);
}

/** What a program says until it ends, or first says FAILED; and whether that is a failure. */
function outcome(
  command: string,
  words: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<{ failed: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { ...options, stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
    let output = "";
    const listen = (text: Buffer) => {
      output += text;
      if (/^FAILED .*\n/m.test(output)) child.kill("SIGKILL");
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      resolve({ failed: status !== 0, output: output || String(signal ?? status) });
    });
  });
}

/** What a test says when it fails with a fault; null where it passes. */
async function failureOf(folder: string, test: string, fault: number): Promise<string | null> {
  const build = buildOf(folder, test);
  const env = { ...process.env, PLANTED_FAULT: String(fault), COUNTERPOINT_BINARY: join(build, "counterpoint.node") };
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  const words = ["--no-config", "--bail", "--timeout", "60000", "--grep", "devices agree|same bits"];
  const { failed, output } = test.startsWith("ops/")
    ? await outcome(process.execPath, [mocha, ...words, join(root, `dist/test/${test}.js`)], { env })
    : await outcome(join(build, "test"), [], { env });
  if (!failed) return null;
  const reason = /^FAILED .*/m.exec(output) ?? /Error.*/.exec(output);
  return (reason?.[0] ?? output.trim()).slice(0, 120);
}

/** Plants the faults of all files that `wanted` is a part of. */
function plantAll(folder: string, wanted: string): readonly PlantedFault[] {
  const planted: PlantedFault[] = [];
  const kernels = readdirSync(folder).filter((name) => name.endsWith(".cu"));
  const ops = kernels.map((file) => [file, `ops/${basename(file, ".cu")}`] as const);
  const tests: Record<string, string> = { ...Object.fromEntries(ops), ...testsElsewhere };
  for (const [file, test] of Object.entries(tests).filter(([name]) => name.includes(wanted))) {
    const source = readFileSync(join(folder, file), "utf8");
    const faults = faultsOf(source);
    writeFileSync(join(folder, file), plant(source, faults, planted.length + 1));
    const seen = new Map<string, number>();
    for (const { start, end, replacement } of faults) {
      const text = `${source.slice(start, end)} -> ${replacement || "nothing"}`.replace(/\s+/g, " ");
      const count = (seen.get(text) ?? 0) + 1;
      seen.set(text, count);
      const name = `${file}: ${text}${count > 1 ? ` (${count})` : ""}`;
      const line = source.slice(0, start).split("\n").length;
      planted.push({ number: planted.length + 1, test, name, line });
    }
  }
  return planted;
}

/** `work` of every item, as many at a time as there are processors; the results in the items' order. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const turns = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, turns));
  return results;
}

async function main(wanted: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "counterpoint-faults-"));
  cpSync(join(root, "cuda"), folder, { recursive: true });
  appendFileSync(join(folder, "primitives/words.h"), choice);
  const planted = plantAll(folder, wanted);
  await inTurns([...new Set(planted.map((it) => it.test))], async (test) => {
    await compile(folder, test);
    const failure = await failureOf(folder, test, 0);
    if (failure !== null) throw new Error(`${test} fails without a fault: ${failure}`);
  });
  const failures = await inTurns(planted, async ({ number, test, name, line }) => {
    const failure = await failureOf(folder, test, number);
    const excuse = harmless[name];
    const verdict = failure ? `caught: ${failure}` : excuse ? `harmless: ${excuse}` : "NOT CAUGHT";
    console.log(`${name}, line ${line}  ${verdict}`);
    return failure;
  });
  rmSync(folder, { recursive: true });
  const free = planted.filter((_, index) => failures[index] === null);
  const unexplained = free.filter(({ name }) => !harmless[name]).length;
  const caught = planted.length - free.length;
  console.log(`${caught} of ${planted.length} caught, ${free.length - unexplained} explained, ${unexplained} not`);
  if (unexplained > 0 || caught < 0.95 * planted.length) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] ?? "");
