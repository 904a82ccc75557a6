/**
 * `counterpoint evaluate`: how well generated pictures keep to their conditions, on held-out scenes. Writes
 *
 *     out/report.json    the table as data
 *     out/evaluate.md    the table for the weights' card
 *     out/evaluate.png   samples of every row
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { toJson } from "../conditions/condition.js";
import { requireFolderOf, writeWhole } from "../conditions/file.js";
import { evaluationTable } from "../evaluate/card.js";
import { type EvaluateOptions, evaluateOptions } from "../evaluate/options.js";
import { textTable } from "../evaluate/report.js";
import { type Evaluation, runEvaluation } from "../evaluate/run-evaluation.js";
import { samplesSheet } from "../evaluate/samples.js";
import { checkOptions } from "../options/check.js";
import { printJson, runCommand } from "./exit.js";
import { addLoadFlags, helpOf, nameList, numeric } from "./flags.js";
import { duration, type Progress, progressBar } from "./progress.js";

interface EvaluateFlags extends EvaluateOptions {
  readonly out: string;
  readonly json?: boolean;
}

const example = `
Example:
  counterpoint evaluate --count 128 --steps 20 --json
  counterpoint evaluate --only palette,sketch --count 16 --out out/quick`;

export function evaluateCommand(program: Command): void {
  const { count, steps, guidance, eta, seed, only } = evaluateOptions.properties;
  const command = program
    .command("evaluate")
    .description("measure how well generated pictures keep to each condition, with and without it, on held-out scenes")
    .option("--count <n>", helpOf(count), numeric)
    .option("--steps <n>", helpOf(steps), numeric)
    .option("--guidance <w>", helpOf(guidance), numeric)
    .option("--eta <n>", helpOf(eta), numeric)
    .option("--seed <n>", helpOf(seed), numeric)
    .option("--only <rows>", helpOf(only), nameList);
  addLoadFlags(command)
    .option("--out <folder>", "where report.json, evaluate.md and evaluate.png go", "out")
    .option("--json", "print the report as one JSON value")
    .addHelpText("after", example)
    .action((flags: EvaluateFlags) => runCommand(Boolean(flags.json), (signal) => evaluate(flags, signal)));
}

async function evaluate({ out, json, ...flags }: EvaluateFlags, signal: AbortSignal): Promise<void> {
  const options = checkOptions(evaluateOptions, flags, "counterpoint evaluate");
  await requireFolderOf(out);
  const { report, results } = await watched(options, signal);
  await mkdir(out, { recursive: true });
  await writeWhole(join(out, "report.json"), toJson(report));
  await writeWhole(join(out, "evaluate.md"), Buffer.from(evaluationTable(report)));
  if (results.length > 0) await writeWhole(join(out, "evaluate.png"), await samplesSheet(results));
  if (json) printJson(report);
  else console.log(textTable(report.rows));
}

/** The evaluation with a bar on stderr. */
async function watched(options: EvaluateOptions, signal: AbortSignal): Promise<Evaluation> {
  const begun = performance.now();
  let bar: Progress | undefined;
  try {
    return await runEvaluation(options, {
      signal,
      onProgress: ({ row, done, total }) => {
        bar ??= progressBar(total, "evaluating {row} {bar} {value}/{total} steps | {left} left");
        const left = ((total - done) * (performance.now() - begun)) / done / 1000;
        bar.update(done, { row, left: duration(left) });
      },
    });
  } finally {
    bar?.stop();
  }
}
