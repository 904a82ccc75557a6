/** `counterpoint compose [source]`: puts pictures together from saved parts, from a picture's parts, or from words alone. */
import { mkdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Command } from "commander";
import { Composer } from "../composer/composer.js";
import { type ComposeOptions, composeOptions } from "../composer/options.js";
import type { ComposeResult } from "../composer/result.js";
import type { Run } from "../composer/run.js";
import { toJson } from "../conditions/condition.js";
import { writeWhole } from "../conditions/file.js";
import { CounterpointError } from "../graph/error.js";
import { checkOptions } from "../options/check.js";
import { printJson, runCommand } from "./exit.js";
import {
  addLoadFlags,
  coloursOf,
  helpOf,
  type LoadFlags,
  loadOptionsOf,
  nameList,
  numeric,
  rectangleOf,
} from "./flags.js";
import { requireFree } from "./output.js";
import { duration, progressBar } from "./progress.js";
import { type Changes, changedParts, checkNames } from "./source.js";

interface ComposeFlags extends LoadFlags {
  readonly out: string;
  readonly caption?: string;
  readonly palette?: string;
  readonly keep?: string[];
  readonly drop?: string[];
  readonly repaint?: string[];
  readonly mask?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly eta?: number;
  readonly seed?: number;
  readonly count?: number;
  readonly unguided?: string[];
  readonly force?: boolean;
  readonly json?: boolean;
}

const example = `
Example:
  counterpoint compose parts --palette "#aa3311:2,#224466" --drop semantics,caption --out other.png
  counterpoint compose photo.jpg --keep sketch --count 4 --seed 7 --out four
  counterpoint compose photo.jpg --keep palette --repaint 16,16,32,32 --out repainted.png --json
  counterpoint compose --caption "a small red cube left of a large blue sphere" --out words.png`;

export function composeCommand(program: Command): void {
  const { steps, guidance, eta, seed, count, unguided } = composeOptions.properties;
  const collect = (text: string, before: string[] = []) => [...before, text];
  const command = program
    .command("compose")
    .description("put a picture together from parts, after changing some of them")
    .argument("[source]", "a folder of parts or a picture, which is taken apart first; nothing: only the flags below")
    .requiredOption("--out <path>", "a .png, .jpg or .webp file, or a folder for several pictures and their manifest")
    .option("--caption <text>", "another caption")
    .option("--palette <colours>", "another palette: colours with weights, #aa3311:2,#224466")
    .option("--keep <names>", "the parts that are kept, all others are dropped", nameList)
    .option("--drop <names>", "the parts that are dropped, all others are kept", nameList)
    .option("--repaint <x,y,w,h>", "paint this rectangle anew and keep every other pixel; may be repeated", collect)
    .option("--mask <picture>", "keep the pixels that are white in this picture, paint the black ones anew")
    .option("--steps <n>", helpOf(steps), numeric)
    .option("--guidance <w>", helpOf(guidance), numeric)
    .option("--eta <n>", helpOf(eta), numeric)
    .option("--seed <n>", helpOf(seed), numeric)
    .option("--count <n>", helpOf(count), numeric)
    .option("--unguided <names>", helpOf(unguided), nameList)
    .option("--force", "replace what is there already")
    .option("--json", "print one JSON value");
  addLoadFlags(command)
    .addHelpText("after", example)
    .action((source: string | undefined, flags: ComposeFlags) =>
      runCommand(Boolean(flags.json), (signal) => compose(source, flags, signal)),
    );
}

async function compose(source: string | undefined, flags: ComposeFlags, signal: AbortSignal): Promise<void> {
  const { steps, guidance, eta, seed, count, unguided } = flags;
  const options = checkOptions(
    composeOptions,
    { steps, guidance, eta, seed, count, unguided },
    "counterpoint compose",
  ) as ComposeOptions;
  const changes = changesOf(flags);
  const isFile = extname(flags.out) !== "";
  if (isFile && options.count! > 1) throw severalInOne(flags.out, options.count!);
  await requireFree(flags.out, Boolean(flags.force));
  await using composer = await Composer.load(loadOptionsOf(flags));
  const parts = await changedParts(composer, source, changes, signal);
  const result = await watched(composer.compose(parts, { ...options, signal }), options.steps!);
  const files = isFile ? [flags.out] : result.images.map((_, index) => join(flags.out, `${index}.png`));
  await save(result, files, isFile ? null : flags.out);
  const { adherence, maskErrorBefore, manifest } = result;
  if (flags.json) {
    printJson({ images: files, seed: result.seed, adherence, maskErrorBefore, manifest });
    return;
  }
  for (const [index, file] of files.entries()) console.log(`${file}: ${metricsLine(adherence[index])}`);
}

function changesOf({ caption, palette, keep, drop, repaint = [], mask }: ComposeFlags): Changes {
  if (keep && drop) throw conflict("--keep and --drop exclude each other; give one of them", ["keep", "drop"]);
  if (mask && repaint.length > 0)
    throw conflict("--mask and --repaint exclude each other; give one", ["mask", "repaint"]);
  return {
    caption,
    palette: palette === undefined ? undefined : coloursOf(palette),
    keep: checkNames("--keep", keep),
    drop: checkNames("--drop", drop),
    repaint: repaint.map(rectangleOf),
    mask,
  };
}

/** The result, with a bar on stderr that follows its steps. */
async function watched(run: Run, steps: number): Promise<ComposeResult> {
  const bar = progressBar(steps, "composing {bar} {value}/{total} | {left} left");
  try {
    for await (const { step, elapsedMs } of run) {
      bar.update(step, { left: duration(((steps - step) * elapsedMs) / step / 1000) });
    }
    return await run;
  } finally {
    bar.stop();
  }
}

/** Writes the pictures, and the manifest beside them where they have a folder of their own. */
async function save({ images, manifest, adherence }: ComposeResult, files: string[], folder: string | null) {
  if (folder) await mkdir(folder, { recursive: true });
  for (const [index, image] of images.entries()) await image.toFile(files[index]);
  if (folder) await writeWhole(join(folder, "manifest.json"), toJson({ ...manifest, adherence }));
}

function metricsLine(adherence: ComposeResult["adherence"][number]): string {
  const metrics = Object.values(adherence).flatMap((record) => Object.entries(record));
  return metrics.map(([name, value]) => `${name} ${value.toFixed(3)}`).join(", ") || "nothing to measure";
}

function severalInOne(out: string, count: number): CounterpointError {
  return conflict(`--count ${count} pictures do not fit into the one file ${out}; give --out a folder`, [
    "out",
    "count",
  ]);
}

function conflict(message: string, options: string[]): CounterpointError {
  return new CounterpointError("CP_ARG_CONFLICT", `counterpoint compose: ${message}.`, { details: { options } });
}
