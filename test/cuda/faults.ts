/**
 * Plants faults in CUDA kernels, one at a time, and sees whether the kernels' tests notice: every barrier, every wait for
 * copies and every end of a group of them is taken out, and every comparison outside of loops' heads made what it is in bounds.
 * The sources are compiled for the emulator with all faults in them, of which a variable of the environment chooses one; then
 * their tests run once for each, every case under three seeds. Run by hand:
 *
 *     node dist/test/cuda/faults.js [part of a file's name]
 *
 * Prints what was caught, and fails where fewer than 95 of 100 were, or where one got away that `harmless` does not explain.
 */
import { spawnSync } from "node:child_process";
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
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

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
};

/** Faults that change no result, and why. */
const harmless: Readonly<Record<string, string>> = {
  "attention/flash.h: i + 1 < count": "copies keys that nobody needs to a stage that nobody reads",
  "map.h: left >= lanes": "takes elements one by one, which is only slower",
  "attention/plain.h: synchronize(); (2)":
    "the next maximum's shuffles hold the warp together too; hardware promises that for registers and not for memory",
};

/** A place in a source, and what stands there with the fault: empty for a statement, which is left out. */
interface Fault {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A fault that PLANTED_FAULT chooses by its number, from 1 on. */
interface PlantedFault {
  readonly number: number;
  readonly test: string;
  /** File and text, and which of several of the same text. */
  readonly name: string;
  readonly line: number;
  readonly replacement: string;
}

/** Declares `plantedFault`, for sources with faults. */
const choice = `#include <cstdlib>
inline const int plantedFault = std::getenv("PLANTED_FAULT") ? std::atoi(std::getenv("PLANTED_FAULT")) : 0;
`;

/** All faults of a source's kernels and the functions that they call, from the first to the last. */
function faultsOf(source: string): readonly Fault[] {
  const code = onlyOnDevice(source.replace(/\/\/.*/g, (comment) => " ".repeat(comment.length)));
  const statements = [...code.matchAll(/\b(synchronize|waitForCopies<.*?>|commitCopies)\(\);/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    replacement: "",
  }));
  const comparisons = [...code.matchAll(/ (<|<=|>|>=|==|!=) /g)].flatMap(
    (match) => comparisonAt(code, match.index) ?? [],
  );
  return [...statements, ...comparisons].sort((a, b) => a.start - b.start);
}

/** `code` with blanks for all but the bodies of kernels and of functions for them. */
function onlyOnDevice(code: string): string {
  let kept = "";
  for (const { index } of code.matchAll(/^ *(DEVICE|KERNEL)\b/gm)) {
    if (index < kept.length) continue;
    const start = code.indexOf("{", index);
    let end = start + 1;
    for (let depth = 1; depth > 0; end++) depth += { "{": 1, "}": -1 }[code[end]] ?? 0;
    kept += code.slice(kept.length, start).replace(/\S/g, " ") + code.slice(start, end);
  }
  return kept + code.slice(kept.length).replace(/\S/g, " ");
}

/** The comparison whose operator is at `at`, made what it is in bounds; null where it is no condition of a statement. */
function comparisonAt(code: string, at: number): Fault | null {
  const operator = code.slice(at).trimStart().split(" ")[0];
  let start = at;
  for (let depth = 0; start > 0; start--) {
    const before = code.slice(0, start);
    if (/[)\]]$/.test(before)) depth++;
    else if (/[([]$/.test(before) && depth-- === 0) break;
    if (depth === 0 && /(&& |\|\| |[^<>=!]= |\? |: |[,;{}] |return |!)$/.test(before)) break;
  }
  let end = at + operator.length + 2;
  for (let depth = 0; end < code.length; end++) {
    if (/[([{]/.test(code[end])) depth++;
    else if (/[)\]}]/.test(code[end]) && depth-- === 0) break;
    if (depth === 0 && /^( &&| \|\|| \?| :|[,;])/.test(code.slice(end))) break;
  }
  const line = code.slice(code.lastIndexOf("\n", at) + 1, at);
  const opening = code.slice(0, openingBefore(code, at));
  if (/\b(for|while) $/.test(opening) || /constexpr|static_assert/.test(line)) return null;
  const right = code.slice(at + operator.length + 2, end);
  const isGuardOfZero = operator.startsWith(">") && /^0(\.0f)?$/.test(right.trim());
  return { start, end, replacement: operator.startsWith("<") || isGuardOfZero ? "true" : "false" };
}

/** Where the parenthesis stands that is open at `at`. */
function openingBefore(code: string, at: number): number {
  let index = at - 1;
  for (let depth = 0; index > 0; index--) {
    if (code[index] === ")") depth++;
    else if (code[index] === "(" && depth-- === 0) break;
  }
  return index;
}

/** `source` with all its faults, numbered from `first` on. */
function plant(source: string, faults: readonly Fault[], first: number): string {
  let planted = "";
  let from = 0;
  for (const [index, { start, end, replacement }] of faults.entries()) {
    const sound = source.slice(start, end);
    const chosen = `plantedFault == ${first + index}`;
    planted += source.slice(from, start);
    planted += replacement ? `(${chosen} ? ${replacement} : (${sound}))` : `if (!(${chosen})) ${sound}`;
    from = end;
  }
  return planted + source.slice(from);
}

/** What is compiled for a test goes here. */
function buildOf(folder: string, test: string): string {
  return join(folder, "build", test);
}

/** Builds a test with its faults: a program of test/cuda, or an addon beside an emulated library with the op compiled anew. */
function compile(folder: string, test: string): void {
  const build = buildOf(folder, test);
  mkdirSync(build, { recursive: true });
  const flags = ["-std=c++17", "-O1", "-w", "-ffp-contract=off", `-I${folder}`, `-I${join(root, "native")}`];
  const own = test.startsWith("ops/") ? libraryOf(folder, test) : programOf(test);
  const { status, stderr } = spawnSync("g++", [...flags, ...own], { encoding: "utf8", cwd: build });
  if (status !== 0) throw new Error(`${test} does not compile with its faults:\n${stderr}`);
}

function programOf(test: string): readonly string[] {
  return ["-x", "c++", join(root, "test", `${test}.cc`), ...library, "-o", "test"];
}

function libraryOf(folder: string, test: string): readonly string[] {
  cpSync(join(release, "counterpoint.node"), join(buildOf(folder, test), "counterpoint.node"));
  const source = join(folder, `${basename(test)}.cu`);
  return ["-x", "c++", source, ...library, "-shared", "-fPIC", "-o", "libcounterpoint-cuda-emulated.so"];
}

/** What a test says when it fails with a fault; null where it passes. */
function failureOf(folder: string, test: string, fault: number): string | null {
  const build = buildOf(folder, test);
  const env = { ...process.env, PLANTED_FAULT: String(fault), COUNTERPOINT_BINARY: join(build, "counterpoint.node") };
  const table = ["--no-config", "--bail", "--grep", "devices agree|same bits", join(root, `dist/test/${test}.js`)];
  const [command, words] = test.startsWith("ops/")
    ? [process.execPath, [join(root, "node_modules/mocha/bin/mocha.js"), "--timeout", "60000", ...table]]
    : [join(build, "test"), []];
  const { status, signal, stdout } = spawnSync(command, words, { encoding: "utf8", timeout: 120_000, env });
  if (status === 0) return null;
  const reason = /^FAILED .*/m.exec(stdout) ?? /Error.*/.exec(stdout);
  return (reason?.[0] ?? String(signal ?? status)).slice(0, 100);
}

/** Plants the faults of all files that `wanted` is a part of. */
function plantAll(folder: string, wanted: string): readonly PlantedFault[] {
  const planted: PlantedFault[] = [];
  const kernels = readdirSync(folder).filter((name) => name.endsWith(".cu"));
  const ops = kernels.map((file) => [file, `ops/${basename(file, ".cu")}`]);
  for (const [file, test] of [...Object.entries(testsElsewhere), ...ops].filter(([name]) => name.includes(wanted))) {
    const source = readFileSync(join(folder, file), "utf8");
    const faults = faultsOf(source);
    writeFileSync(join(folder, file), plant(source, faults, planted.length + 1));
    const seen = new Map<string, number>();
    for (const { start, end, replacement } of faults) {
      const text = source.slice(start, end).replace(/\s+/g, " ");
      const count = (seen.get(text) ?? 0) + 1;
      seen.set(text, count);
      const name = `${file}: ${text}${count > 1 ? ` (${count})` : ""}`;
      const line = source.slice(0, start).split("\n").length;
      planted.push({ number: planted.length + 1, test, name, line, replacement });
    }
  }
  return planted;
}

function main(wanted: string): void {
  const folder = mkdtempSync(join(tmpdir(), "counterpoint-faults-"));
  cpSync(join(root, "cuda"), folder, { recursive: true });
  appendFileSync(join(folder, "primitives/words.h"), choice);
  const planted = plantAll(folder, wanted);
  for (const test of new Set(planted.map((it) => it.test))) {
    compile(folder, test);
    const failure = failureOf(folder, test, 0);
    if (failure !== null) throw new Error(`${test} fails without a fault: ${failure}`);
  }
  let caught = 0;
  let unexplained = 0;
  for (const { number, test, name, line, replacement } of planted) {
    const failure = failureOf(folder, test, number);
    const excuse = harmless[name];
    if (failure !== null) caught++;
    else if (!excuse) unexplained++;
    const verdict = failure === null ? (excuse ? `harmless: ${excuse}` : "NOT CAUGHT") : `caught: ${failure}`;
    console.log(`${name}, line ${line} -> ${replacement || "nothing"}  ${verdict}`);
  }
  rmSync(folder, { recursive: true });
  const explained = planted.length - caught - unexplained;
  console.log(`${caught} of ${planted.length} caught, ${explained} explained, ${unexplained} not`);
  if (unexplained > 0 || caught < 0.95 * planted.length) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) main(process.argv[2] ?? "");
