/**
 * Plants faults in CUDA kernels, one at a time, and sees whether the kernels' tests notice: every barrier, every wait for
 * copies and every end of a group of them is taken out, and every comparison outside of loops' heads made what it is in bounds.
 * The mutated source is compiled for the emulator and its tests run, each case under three seeds. Run by hand:
 *
 *     node dist/test/cuda/faults.js [part of a file's name]
 *
 * Prints what was caught, and fails where fewer than 95 of 100 were, or where one got away that `harmless` does not explain.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Files of kernels, and the test that must notice what goes wrong in them. */
const tests: Readonly<Record<string, string>> = {
  "gemm/product.h": "product.cc",
  "attention/flash.h": "attention.cc",
  "attention/plain.h": "attention.cc",
  "norms/group-norm.h": "norms.cc",
  "norms/layer-norm.h": "norms.cc",
};

/** Faults that change no result, and why. */
const harmless: readonly { readonly file: string; readonly text: string; readonly why: string }[] = [];

interface Fault {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** All faults of a source, from its first to its last. */
function faultsOf(source: string): readonly Fault[] {
  const code = source.replace(/\/\/.*/g, (comment) => " ".repeat(comment.length));
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

/** Compiles a test against the sources in `folder` and runs it; what it printed where it failed, else null. */
function failureOf(folder: string, test: string): string | null {
  const program = join(folder, "test");
  const flags = ["-std=c++17", "-O1", "-w", "-ffp-contract=off", `-I${folder}`, `-I${join(root, "native")}`];
  const objects = ["block", "fibre"].map((name) => join(folder, `${name}.o`));
  const compiled = spawnSync("g++", [...flags, join(root, "test/cuda", test), ...objects, "-o", program], {
    encoding: "utf8",
  });
  if (compiled.status !== 0) throw new Error(`a fault that does not compile:\n${compiled.stderr}`);
  const { status, signal, stdout } = spawnSync(program, { encoding: "utf8", timeout: 120_000 });
  return status === 0 ? null : (stdout.split("\n")[0] || String(signal ?? status)).slice(0, 100);
}

function main(wanted: string): void {
  const folder = mkdtempSync(join(tmpdir(), "counterpoint-faults-"));
  cpSync(join(root, "cuda"), folder, { recursive: true });
  for (const name of ["block", "fibre"]) {
    const from = join(folder, "emulator", `${name}.cc`);
    spawnSync("g++", ["-std=c++17", "-O2", `-I${folder}`, "-c", from, "-o", join(folder, `${name}.o`)]);
  }
  let caught = 0;
  let total = 0;
  let unexplained = 0;
  for (const [file, test] of Object.entries(tests).filter(([name]) => name.includes(wanted))) {
    const path = join(folder, file);
    const source = readFileSync(path, "utf8");
    const sound = failureOf(folder, test);
    if (sound !== null) throw new Error(`${test} fails without a fault: ${sound}`);
    for (const { start, end, replacement } of faultsOf(source)) {
      writeFileSync(path, source.slice(0, start) + replacement + source.slice(end));
      const failure = failureOf(folder, test);
      const text = source.slice(start, end).replace(/\s+/g, " ");
      const line = source.slice(0, start).split("\n").length;
      const excuse = harmless.find((it) => it.file === file && it.text === text)?.why;
      total++;
      if (failure !== null) caught++;
      else if (!excuse) unexplained++;
      const verdict = failure === null ? (excuse ? `harmless: ${excuse}` : "NOT CAUGHT") : `caught: ${failure}`;
      console.log(`${file}:${line}  ${text} -> ${replacement || "nothing"}  ${verdict}`);
    }
    writeFileSync(path, source);
  }
  rmSync(folder, { recursive: true });
  console.log(`${caught} of ${total} caught, ${total - caught - unexplained} explained, ${unexplained} not`);
  if (unexplained > 0 || caught < 0.95 * total) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) main(process.argv[2] ?? "");
