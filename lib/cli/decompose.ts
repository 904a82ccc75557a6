/** `counterpoint decompose <picture>`: takes a picture apart and saves its parts as a folder to look at and to edit. */
import type { Command } from "commander";
import { Composer } from "../composer/composer.js";
import { decomposeOptions } from "../composer/options.js";
import { saveParts } from "../conditions/parts.js";
import { readImage } from "../conditions/read-image.js";
import { checkOptions } from "../options/check.js";
import { printJson, runCommand } from "./exit.js";
import { addLoadFlags, helpOf, type LoadFlags, loadOptionsOf, nameList } from "./flags.js";
import { requireFree } from "./output.js";
import { linesOf, reportOf } from "./parts-report.js";

interface DecomposeFlags extends LoadFlags {
  readonly out: string;
  readonly only?: string[];
  readonly caption?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const example = `
Example:
  counterpoint decompose photo.jpg --out parts
  counterpoint decompose photo.jpg --out parts --only palette,sketch --json`;

export function decomposeCommand(program: Command): void {
  const { caption, only } = decomposeOptions.properties;
  const command = program
    .command("decompose")
    .description("take a picture apart into its representations, a folder of PNG and JSON files")
    .argument("<picture>", "a PNG, JPEG, WebP, TIFF, GIF or AVIF file")
    .requiredOption("--out <folder>", "the folder of parts; the folder that holds it must exist")
    .option("--only <names>", helpOf(only), nameList)
    .option("--caption <text>", helpOf(caption))
    .option("--force", "replace parts that are there already")
    .option("--json", "print one JSON value");
  addLoadFlags(command)
    .addHelpText("after", example)
    .action((picture: string, flags: DecomposeFlags) =>
      runCommand(Boolean(flags.json), (signal) => decompose(picture, flags, signal)),
    );
}

async function decompose(picture: string, flags: DecomposeFlags, signal: AbortSignal): Promise<void> {
  const options = checkOptions(
    decomposeOptions,
    { only: flags.only, caption: flags.caption },
    "counterpoint decompose",
  );
  await requireFree(flags.out, Boolean(flags.force));
  await using composer = await Composer.load(loadOptionsOf(flags));
  const image = await readImage(picture, { size: composer.imageSize });
  const parts = await composer.decompose(image, { ...options, signal });
  await saveParts(parts, flags.out);
  const found = reportOf(parts);
  const { source } = image;
  if (flags.json) {
    printJson({ picture, source, imageSize: composer.imageSize, out: flags.out, parts: Object.keys(parts), found });
    return;
  }
  const size = composer.imageSize;
  console.log(`${picture}: ${source.width} × ${source.height} pixels, seen as ${size} × ${size}`);
  console.log(linesOf(found).join("\n"));
  console.log(`The parts are in ${flags.out}. Change them, then: counterpoint compose ${flags.out} --out picture.png`);
}
