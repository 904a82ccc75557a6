/** What the command line chooses, for every command that runs cases: which, and on what of the machine. */
import type { RealDtype } from "../lib/graph/graph.js";
import { computeDtype } from "../lib/machine/capabilities.js";
import { openCpuDevice } from "../lib/machine/cpu.js";
import type { Isa } from "../lib/program/isa.js";
import { type Case, nameOf, type SuiteName, suites } from "./cases.js";

/** For `parseArgs`, which `asked` calls. */
export const choiceFlags = {
  only: { type: "string", default: "" },
  threads: { type: "string" },
  isa: { type: "string" },
  dtype: { type: "string", default: "f32" },
  json: { type: "boolean", default: false },
} as const;

/** `choiceFlags` and the names of suites, as usage lines say them. */
export const choiceUsage = `[${Object.keys(suites).join("|")} …] [--only text] [--threads n] [--isa name] [--dtype f32|bf16] [--json]`;

interface Choice {
  readonly only: string;
  readonly threads?: string;
  readonly isa?: string;
  readonly dtype: string;
}

/**
 * What `read` makes of the command line. --help prints the usage instead, and what `read` throws is printed above it as one
 * line; both end the process.
 */
export function asked<T>(usage: string, read: () => T): T {
  if (process.argv.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
}

/**
 * The cases of the named suites, or else of `usual`, whose name has `only` in it; training stays in f32, and has none in other
 * dtypes. Throws for a suite or a dtype that is not there.
 */
export function chosenCases(named: readonly string[], usual: readonly SuiteName[], { only, dtype }: Choice): Case[] {
  computeDtype("cpu", dtype as RealDtype);
  const unknown = named.find((name) => !(name in suites));
  if (unknown) throw new Error(`there is no suite "${unknown}"; suites: ${Object.keys(suites).join(", ")}`);
  const chosen = named.length > 0 ? (named as SuiteName[]) : usual;
  return chosen
    .flatMap((name): readonly Case[] => suites[name])
    .filter((work) => nameOf(work).includes(only) && (dtype === "f32" || work.kind !== "train"));
}

export function openChosenDevice({ threads, isa, dtype }: Choice) {
  return openCpuDevice({
    threads: threads ? Number(threads) : undefined,
    isa: isa as Isa | undefined,
    dtype: dtype as RealDtype,
  });
}
