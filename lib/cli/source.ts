/** The parts that `compose` starts from: a saved folder's or a picture's, with the changes that flags ask for. */
import { stat } from "node:fs/promises";
import type { Composer } from "../composer/composer.js";
import type { PartsInput } from "../composer/request.js";
import { type ConditionName, conditionNames, refuse } from "../conditions/condition.js";
import { Image } from "../conditions/image.js";
import { type Masking, maskingFromImage, maskingFromRectangles, type Rectangle } from "../conditions/masking.js";
import type { WeightedColour } from "../conditions/palette.js";
import { loadParts, type Parts } from "../conditions/parts.js";
import { readImage } from "../conditions/read-image.js";
import { CounterpointError } from "../graph/error.js";
import { nearestName } from "../options/check.js";

export interface Changes {
  readonly caption?: string;
  readonly palette?: readonly WeightedColour[];
  readonly keep?: readonly ConditionName[];
  readonly drop?: readonly ConditionName[];
  /** What is painted anew, in pixels of the square picture. */
  readonly repaint: readonly Rectangle[];
  /** Path of a picture that is white where pixels are kept. */
  readonly mask?: string;
}

/** The names if all of them are conditions, else CP_ARG_RANGE. */
export function checkNames(flag: string, names: readonly string[] | undefined): ConditionName[] | undefined {
  return names?.map((name) => {
    const known = conditionNames.find((candidate) => candidate === name);
    const meant = known ? undefined : nearestName(name, conditionNames);
    const hint = meant ? ` (did you mean "${meant}"?)` : "";
    return known ?? refuse("CP_ARG_RANGE", `${flag}${hint}`, `names among ${conditionNames.join(", ")}`, name);
  });
}

/**
 * The changed parts. Throws CP_ARG_CONFLICT where `keep` names a part that is not there, or where pixels are to be kept and
 * there are none, and what reading the source throws.
 */
export async function changedParts(
  composer: Composer,
  source: string | undefined,
  changes: Changes,
  signal: AbortSignal,
): Promise<PartsInput> {
  const { parts, image } = await partsOf(composer, source, changes, signal);
  const masking = await maskingOf(image, changes);
  const replaced: PartsInput = {
    ...parts,
    ...withoutUndefined({ caption: changes.caption, palette: changes.palette }),
  };
  const kept = conditionNames.filter((name) => replaced[name] !== undefined && isKept(name, changes));
  const missing = changes.keep?.find((name) => !kept.includes(name) && !(name === "masking" && masking));
  if (missing) throw notThere(missing, Object.keys(replaced));
  const chosen = Object.fromEntries(kept.map((name) => [name, replaced[name]]));
  return masking ? { ...chosen, masking } : chosen;
}

/** What is there before changes, and the picture where there is one: the source itself, or what its masking keeps. */
async function partsOf(
  composer: Composer,
  source: string | undefined,
  changes: Changes,
  signal: AbortSignal,
): Promise<{ parts: Parts; image?: Image }> {
  if (source === undefined) return { parts: {} };
  const isFolder = await stat(source).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) {
    const parts = await loadParts(source);
    const { masking } = parts;
    return { parts, image: masking && new Image(masking.width, masking.height, masking.rgb) };
  }
  const image = await readImage(source, { size: composer.imageSize });
  const given = { caption: changes.caption, palette: changes.palette };
  const only = conditionNames.filter((name) => {
    return name !== "masking" && isKept(name, changes) && given[name as keyof typeof given] === undefined;
  });
  return { parts: await composer.decompose(image, { only, signal }), image };
}

async function maskingOf(image: Image | undefined, { mask, repaint }: Changes): Promise<Masking | undefined> {
  if (mask === undefined && repaint.length === 0) return undefined;
  if (!image) {
    throw new CounterpointError(
      "CP_ARG_CONFLICT",
      "--repaint and --mask keep pixels, and there are none: give a picture, or a folder of parts with masking.png.",
      { details: { options: ["repaint", "mask"] } },
    );
  }
  if (mask === undefined) return maskingFromRectangles(image, repaint);
  return maskingFromImage(image, await readImage(mask, { size: image.width }));
}

/** A part that a flag gives anew is kept, whatever `keep` names. */
function isKept(name: ConditionName, { keep, drop, caption, palette }: Changes): boolean {
  if ((name === "caption" && caption !== undefined) || (name === "palette" && palette)) return true;
  return keep ? keep.includes(name) : !drop?.includes(name);
}

function withoutUndefined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function notThere(name: ConditionName, present: readonly string[]): CounterpointError {
  return new CounterpointError(
    "CP_ARG_CONFLICT",
    `--keep names ${name}, which the source does not have; it has ${present.join(", ") || "nothing"}.`,
    { details: { option: "keep", got: name, expected: present } },
  );
}
