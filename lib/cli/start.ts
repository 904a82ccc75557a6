#!/usr/bin/env node
/**
 * `npm start [-- picture.jpg]`: takes a picture (or a rendered scene that no net was trained on) apart, says what it found,
 * puts it together again in five ways, and writes
 *
 *     out/sheet.png     everything side by side
 *     out/parts/        the parts, for `counterpoint compose out/parts`
 *     out/report.json   how far each result is from each of its conditions
 */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { Command } from "commander";
import { Composer } from "../composer/composer.js";
import type { ComposeResult } from "../composer/result.js";
import { version } from "../composer/version.js";
import { toJson } from "../conditions/condition.js";
import { writeWhole } from "../conditions/file.js";
import { Image } from "../conditions/image.js";
import { type Parts, saveParts } from "../conditions/parts.js";
import { readImage } from "../conditions/read-image.js";
import { Scenes } from "../data/scenes.js";
import { partCells } from "../evaluate/part-pictures.js";
import { contactSheet, type SheetCell, type SheetRow } from "../evaluate/sheet.js";
import { failUsage, runCommand } from "./exit.js";
import { addLoadFlags, type LoadFlags, loadOptionsOf, numeric } from "./flags.js";
import { linesOf, reportOf } from "./parts-report.js";
import { duration, progressBar } from "./progress.js";
import { type Recomposition, recompositionsOf } from "./recompositions.js";

interface StartFlags extends LoadFlags {
  readonly out: string;
  readonly steps?: number;
}

interface Done extends Recomposition {
  readonly result: ComposeResult;
}

/** Which scene of the held-out ones is shown where no picture is given. */
const shownScene = { seed: 1, index: 24 };

const command = new Command("npm start --")
  .description("Take a picture apart, put it together again in five ways, and write a contact sheet.")
  .argument("[picture]", "an image file; default: a rendered scene that no net was trained on")
  .option("--out <folder>", "where sheet.png, parts/ and report.json go", "out")
  .option("--steps <n>", "denoising steps", numeric, 40)
  .exitOverride()
  .addHelpText("after", "\nExample:\n  npm start -- photo.jpg")
  .action((picture: string | undefined, flags: StartFlags) =>
    runCommand(false, (signal) => start(picture, flags, signal)),
  );
addLoadFlags(command);
await command.parseAsync().catch((error) => failUsage(error, false));

async function start(picture: string | undefined, flags: StartFlags, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  await using composer = await Composer.load(loadOptionsOf(flags));
  const size = composer.imageSize;
  const image = picture === undefined ? await renderedScene(size) : await readImage(picture, { size });
  const parts = await composer.decompose(image, { signal });
  const name = picture === undefined ? "a rendered scene" : basename(picture);
  console.log(`${name}: ${image.source.width} × ${image.source.height} pixels, seen as ${size} × ${size}`);
  console.log(linesOf(reportOf(parts)).join("\n"));
  const done = await recompose(composer, recompositionsOf(image, parts), flags, signal);

  await mkdir(flags.out, { recursive: true });
  const paths = {
    sheet: join(flags.out, "sheet.png"),
    parts: join(flags.out, "parts"),
    report: join(flags.out, "report.json"),
  };
  await saveParts(parts, paths.parts);
  await writeWhole(paths.sheet, await contactSheet(rowsOf(name, image, parts, done)));
  const seconds = (performance.now() - begun) / 1000;
  await writeWhole(paths.report, toJson(reportJson(name, image, parts, done, seconds)));
  for (const { title, result } of done) console.log(`${title}\n    ${result.adherence.map(metricsOf).join("\n    ")}`);
  console.log(`${paths.sheet}   everything side by side`);
  console.log(
    `${paths.parts}       the parts; change them, then: npx counterpoint compose ${paths.parts} --out picture.png`,
  );
  console.log(`${paths.report} how far each result is from its conditions`);
  console.log(`Done in ${seconds.toFixed(1)} s.`);
}

async function renderedScene(size: number): Promise<Image> {
  const scenes = Scenes.open();
  try {
    const [{ rgb }] = await scenes.batch(shownScene.seed, shownScene.index, 1, size, "held-out");
    return new Image(size, size, rgb);
  } finally {
    scenes.close();
  }
}

/** One after the other, so that the bar says what is being made. */
async function recompose(
  composer: Composer,
  wanted: readonly Recomposition[],
  { steps }: StartFlags,
  signal: AbortSignal,
): Promise<Done[]> {
  const total = wanted.length * (steps ?? 0);
  const bar = progressBar(total, "{name} {bar} {value}/{total} steps | {left} left");
  const begun = performance.now();
  const done: Done[] = [];
  try {
    for (const recomposition of wanted) {
      const { name, parts, options } = recomposition;
      const run = composer.compose(parts, { ...options, steps, signal });
      for await (const event of run) {
        const count = done.length * event.steps + event.step;
        const left = duration((((performance.now() - begun) / count) * (total - count)) / 1000);
        bar.update(count, { name: name.padEnd(10), left });
      }
      done.push({ ...recomposition, result: await run });
    }
  } finally {
    bar.stop();
  }
  return done;
}

function rowsOf(name: string, image: Image, parts: Parts, done: readonly Done[]): SheetRow[] {
  const { caption } = parts;
  const masking = done.find((each) => each.parts.masking)?.parts.masking;
  const cells = [{ label: "the picture", image }, ...partCells({ ...parts, masking }, image.width)];
  const title = `${name} and its parts${caption === undefined ? "" : `: "${caption}"`}`;
  return [{ title, cells }, ...done.map((each) => rowOf(image, each))];
}

/** What was changed, where that can be shown, then the results. */
function rowOf(image: Image, { name, title, parts, result }: Done): SheetRow {
  const { palette, sketch, masking } = parts;
  const size = image.width;
  const before: SheetCell[] =
    name === "everything"
      ? [{ label: "the picture", image }]
      : partCells(name === "palette" ? { palette } : { sketch, masking }, size);
  const results = result.images.map((each, index) => ({ label: `result, image ${index}`, image: each }));
  return { title, cells: [...before, ...results] };
}

function metricsOf(adherence: ComposeResult["adherence"][number]): string {
  const metrics = Object.values(adherence).flatMap((record) => Object.entries(record));
  return metrics.map(([name, value]) => `${name} ${value.toFixed(3)}`).join("  ");
}

function reportJson(name: string, image: Image, parts: Parts, done: readonly Done[], seconds: number): object {
  return {
    version,
    picture: name,
    source: image.source,
    imageSize: image.width,
    found: reportOf(parts),
    results: done.map(({ name, title, result: { adherence, maskErrorBefore, manifest } }) => {
      return { name, title, metrics: adherence, maskErrorBefore, manifest };
    }),
    seconds,
  };
}
