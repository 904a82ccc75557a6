/**
 * The parts of a picture: any subset of the eight representations, and their folder on disk.
 *
 *     parts.json                { format, version, conditions: ["palette", "sketch", …] }
 *     palette.json, sketch.png  the files of each, PNG and JSON that any tool opens
 *
 * File names follow from the condition names alone, so an index cannot name a file outside its folder. A folder is
 * written beside its place and renamed into it, so there is never half a folder.
 */

import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CounterpointError, quoted } from "../graph/error.js";
import { nearestName } from "../options/check.js";
import { caption } from "./caption.js";
import {
  type Condition,
  type ConditionName,
  conditionNames,
  type Files,
  parseJson,
  refuse,
  toJson,
} from "./condition.js";
import { depth } from "./depth.js";
import { ioError, readLimited, requireFolderOf, temporarySibling, writeFlushed } from "./file.js";
import { type Instances, instances } from "./instances.js";
import { intensity } from "./intensity.js";
import { type Masking, masking } from "./masking.js";
import { type Palette, palette } from "./palette.js";
import type { Plane } from "./plane.js";
import { semantics } from "./semantics.js";
import { sketch } from "./sketch.js";

/** A picture taken apart; what is absent is absent. */
export interface Parts {
  caption?: string;
  semantics?: Float32Array;
  palette?: Palette;
  sketch?: Plane;
  instances?: Instances;
  depth?: Plane;
  intensity?: Plane;
  masking?: Masking;
}

/** Every representation by its name. */
export const conditions = {
  caption,
  semantics,
  palette,
  sketch,
  instances,
  depth,
  intensity,
  masking,
} satisfies { [K in ConditionName]: Condition<NonNullable<Parts[K]>> };

const format = "counterpoint-parts";
const version = 1;
const indexName = "parts.json";
const maxIndexBytes = 64 * 1024;
const maxPartBytes = 64 * 2 ** 20;

/** The condition of a name, for loops that do not know the value's type; its own `check` guards it. */
export function conditionOf(name: ConditionName): Condition<unknown> {
  return conditions[name] as Condition<unknown>;
}

const fileNames = (name: ConditionName): string[] => conditions[name].fileKinds.map((kind) => `${name}.${kind}`);
const allFileNames = new Set([indexName, ...conditionNames.flatMap(fileNames)]);

/** The parts with every value checked (and palettes given as colours made palettes); unknown names are CP_ARG_UNKNOWN. */
export function checkParts(value: unknown): Parts {
  if (typeof value !== "object" || value === null) {
    refuse("CP_ARG_TYPE", "the parts", `an object with any of ${conditionNames.join(", ")}`, value);
  }
  const checked: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) {
    if (!conditionNames.includes(name as ConditionName)) throw unknownPart(name);
    if (part !== undefined) {
      checked[name] = conditionOf(name as ConditionName).check(part);
    }
  }
  return checked;
}

function unknownPart(name: string): CounterpointError {
  const meant = nearestName(name, conditionNames);
  const advice = meant ? `did you mean "${meant}"?` : `there are ${conditionNames.join(", ")}.`;
  return new CounterpointError("CP_ARG_UNKNOWN", `The parts: there is no condition ${quoted(name)}; ${advice}`, {
    phase: "decode",
    details: { part: name, didYouMean: meant ?? null, known: conditionNames },
  });
}

/** Throws CP_IO_EXISTS unless the folder is absent, empty, or holds nothing but parts. */
async function requireReplaceable(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") {
      return [];
    }
    throw ioError(cause, "write parts to", folder, "save");
  });
  const foreign = entries.find((entry) => !allFileNames.has(entry));
  if (foreign !== undefined) {
    throw new CounterpointError(
      "CP_IO_EXISTS",
      `${quoted(folder, 200)} holds ${quoted(foreign)}, which is not part of a saved picture, so it is not overwritten; give a new folder.`,
      { phase: "save", details: { folder, got: foreign } },
    );
  }
}

/**
 * Saves parts as a folder, replacing parts saved there before.
 *
 * The folder that is to hold it must exist (CP_IO_NOT_FOUND). All values are checked before anything is written.
 */
export async function saveParts(parts: Parts, folder: string): Promise<void> {
  const checked = Object.entries(checkParts(parts)) as [ConditionName, unknown][];
  const target = resolve(folder);
  await requireFolderOf(target);
  await requireReplaceable(target);
  const conditionsSaved = checked.map(([name]) => name);
  const files: [string, Buffer][] = [[indexName, toJson({ format, version, conditions: conditionsSaved })]];
  for (const [name, value] of checked) {
    const written = await conditionOf(name).write(value);
    files.push(...Object.entries(written).map(([kind, bytes]): [string, Buffer] => [`${name}.${kind}`, bytes]));
  }
  const temporary = temporarySibling(target);
  try {
    await mkdir(temporary);
    for (const [name, bytes] of files) {
      await writeFlushed(join(temporary, name), bytes);
    }
    await replaceFolder(temporary, target);
  } catch (cause) {
    throw ioError(cause, "save parts to", target, "save");
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Puts `fresh` in the place of `target`; where that fails, what was there before comes back. */
async function replaceFolder(fresh: string, target: string): Promise<void> {
  const aside = temporarySibling(target);
  const isThere = await rename(target, aside).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
      return false;
    },
  );
  try {
    await rename(fresh, target);
  } catch (cause) {
    if (isThere) await rename(aside, target);
    throw cause;
  }
  await rm(aside, { recursive: true, force: true });
}

async function readPart(folder: string, name: ConditionName): Promise<unknown> {
  const files: Files = {};
  for (const kind of conditions[name].fileKinds) {
    const limits = { tooLarge: "CP_IMAGE_TOO_LARGE", followLinks: false };
    files[kind] = await readLimited(join(folder, `${name}.${kind}`), maxPartBytes, limits);
  }
  return conditionOf(name).read(files as Required<Files>);
}

/**
 * Loads the parts that `saveParts` or a person put into a folder.
 *
 * @throws CP_IO_… for missing files, CP_MODEL_PATH_ESCAPE for links, CP_CONFIG_INVALID for a wrong index, and what the
 *   conditions say about wrong values
 */
export async function loadParts(folder: string): Promise<Parts> {
  const limits = { tooLarge: "CP_CONFIG_INVALID", followLinks: false };
  const index = parseJson(await readLimited(join(folder, indexName), maxIndexBytes, limits), indexName);
  if (index.format !== format || index.version !== version) {
    refuse("CP_CONFIG_INVALID", indexName, `format ${format}, version ${version}`, `${index.format} ${index.version}`);
  }
  if (!Array.isArray(index.conditions) || new Set(index.conditions).size !== index.conditions.length) {
    refuse("CP_CONFIG_INVALID", `conditions in ${indexName}`, "a list of different names", index.conditions);
  }
  const parts: Record<string, unknown> = {};
  for (const name of index.conditions) {
    if (!conditionNames.includes(name)) {
      refuse("CP_CONFIG_INVALID", `conditions in ${indexName}`, conditionNames.join(", "), name);
    }
    parts[name] = await readPart(folder, name);
  }
  return parts;
}
