/** How a command ends: exit codes, errors as one line or as JSON, and Ctrl-C as an AbortSignal. */
import { CommanderError } from "commander";
import { CounterpointError } from "../graph/error.js";

/** 0 ok, 1 run failed, 2 usage, 3 bad input file, 4 environment, 5 storage, 130 interrupted. */
export function exitCode(error: unknown): number {
  if (!(error instanceof CounterpointError)) return 1;
  const { code, phase } = error;
  if (code === "CP_CANCELLED") return 130;
  if (/^CP_(ARG|URL)_/.test(code)) return 2;
  if (code.startsWith("CP_IO_")) return phase === "save" ? 5 : 3;
  if (/^CP_(IMAGE|WEIGHTS|MODEL|CONFIG|CHECKPOINT)_/.test(code)) return 3;
  return /^CP_(NATIVE|DEVICE|OOM|ISA)_/.test(code) ? 4 : 1;
}

/** Runs `body`; an error becomes one line on stderr (and JSON on stdout with `json`) and the exit code. */
export async function runCommand(json: boolean, body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  try {
    await body(controller.signal);
  } catch (error) {
    failWith(error, json);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/**
 * Ends a process whose command line was not understood: exit code 2, the same JSON as every error. Commander has written
 * the message and the help to stderr already; asking for help or for the version is no failure.
 */
export function failUsage(error: unknown, json: boolean): void {
  if (!(error instanceof CommanderError)) {
    failWith(error, json);
    return;
  }
  if (error.exitCode === 0) return;
  process.exitCode = 2;
  const code = error.code.startsWith("commander.unknown") ? "CP_ARG_UNKNOWN" : "CP_ARG_TYPE";
  if (json) printJson({ error: new CounterpointError(code, error.message.replace(/^error: /, "")) });
}

/** The one JSON value of a command. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function failWith(error: unknown, json: boolean): void {
  const known = error instanceof CounterpointError;
  const code = known ? error.code : "CP_INTERNAL";
  const message = error instanceof Error ? error.message : String(error);
  if (json) printJson({ error: known ? error : { code, message } });
  process.stderr.write(`error ${code}: ${message}\n`);
  if (process.env.COUNTERPOINT_DEBUG) console.error(error);
  process.exitCode = exitCode(error);
}
