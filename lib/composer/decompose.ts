/** Taking a picture apart: what needs no network on the event loop, what needs one on the device, both at once. */
import { type ConditionName, conditionNames } from "../conditions/condition.js";
import type { Image } from "../conditions/image.js";
import { checkParts, conditionOf, conditions, type Parts } from "../conditions/parts.js";
import { checkOptions } from "../options/check.js";
import { captionOfObjects } from "./describe.js";
import { type Observers, observe } from "./observe.js";
import { type DecomposeOptions, decomposeOptions } from "./options.js";
import { checkSignal } from "./request.js";

/** What is wanted of a picture. */
export interface Wanted {
  readonly names: ReadonlySet<ConditionName>;
  readonly caption?: string;
  readonly signal?: AbortSignal;
}

/** Options -> what is wanted; masking only where it is named. Throws CP_ARG_UNKNOWN, _TYPE, _RANGE, CP_CANCELLED. */
export function wantedOf(options: unknown): Wanted {
  const checked: DecomposeOptions = checkOptions(decomposeOptions, options ?? {}, "decompose()");
  const signal = checkSignal(checked.signal, "decompose()");
  const { caption } = checkParts({ caption: checked.caption });
  return { names: new Set(checked.only ?? conditionNames.filter((name) => name !== "masking")), caption, signal };
}

/** The wanted parts of `image`, which has the nets' size. */
export async function partsOfImage(
  image: Image,
  { names, caption }: Wanted,
  observers: Observers,
  signal: AbortSignal,
): Promise<Parts> {
  const needsCaption = names.has("caption") && caption === undefined;
  const asked = {
    semantics: names.has("semantics"),
    sights: names.has("depth") || names.has("instances") || needsCaption,
  };
  const observed = await observe([image], asked, observers, signal);
  const [sight] = observed.sights;
  const [semantics] = observed.semantics;
  const found: Record<string, unknown> = {
    caption: caption ?? (sight && captionOfObjects(sight.objects)),
    semantics,
    instances: sight?.instances,
    depth: sight?.depth,
  };
  const parts: Record<string, unknown> = {};
  for (const name of conditionNames) {
    if (!names.has(name)) continue;
    // A turn of the event loop for each: taking a sketch or a palette takes milliseconds.
    await new Promise(setImmediate);
    const value = conditions[name].extract ? conditionOf(name).extract!(image) : found[name];
    if (value !== undefined) parts[name] = value;
  }
  return parts;
}
