/**
 * How far a picture is from what was asked: every condition is taken from it again and compared by its own distance.
 * Depth and instances are the judge's, which never saw a condition; semantics are clip-mini's.
 */
import { measure } from "../composer/adherence.js";
import type { ConditionName, Metrics } from "../conditions/condition.js";
import type { ClipEncoders } from "../conditions/encoders.js";
import type { Image } from "../conditions/image.js";
import type { Instances } from "../conditions/instances.js";
import type { Parts } from "../conditions/parts.js";
import type { Perception, Sight } from "../conditions/perception.js";
import { isHeldOut } from "../data/attributes.js";
import type { Case } from "./cases.js";

/** The nets that measure. */
export interface Instruments {
  readonly encoders: Pick<ClipEncoders, "images" | "captions">;
  /** Absent where nothing is measured by it. */
  readonly judge?: Pick<Perception, "look">;
}

/** A picture and what the instruments say of it, as far as they were asked. */
export interface Observation {
  readonly image: Image;
  readonly semantics?: Float32Array;
  readonly sight?: Sight;
}

const judged: readonly ConditionName[] = ["caption", "instances", "depth"];

/** Whether measuring these conditions needs the judge. */
export function needsJudge(names: readonly ConditionName[]): boolean {
  return judged.some((name) => names.includes(name));
}

/** Looks at pictures with the instruments that the distances to `names` need. */
export async function observe(
  images: readonly Image[],
  names: readonly ConditionName[],
  { encoders, judge }: Instruments,
  signal?: AbortSignal,
): Promise<Observation[]> {
  const pixels = images.map(({ data }) => data);
  const semantics = names.includes("semantics") ? await encoders.images(pixels, signal) : [];
  const sights = needsJudge(names) ? await judge!.look(pixels, signal) : [];
  return images.map((image, i) => ({ image, semantics: semantics[i], sight: sights[i] }));
}

/**
 * The distances of a picture to the conditions `names` of a case. A caption is measured where the scene has one object:
 * it is kept (1) if the judge finds exactly one object and it has every attribute, else not (0). Where training never saw
 * the object's combination of attributes, the same stands as `unseenCaptionAccuracy` as well.
 */
export async function metricsOf(
  observation: Observation,
  { parts }: Case,
  names: readonly ConditionName[],
): Promise<Metrics> {
  const wanted: Parts = Object.fromEntries(names.map((name) => [name, parts[name]]));
  const distances = Object.values(await measure(observation.image, wanted, observation));
  const metrics: Metrics = Object.assign({}, ...distances);
  const { instances } = parts;
  if (names.includes("caption") && instances.objects.length === 1) {
    metrics.captionAccuracy = isDepicted(instances, observation.sight!.instances) ? 1 : 0;
    if (isHeldOut(instances.objects[0])) metrics.unseenCaptionAccuracy = metrics.captionAccuracy;
  }
  return metrics;
}

/** Whether the one object of `wanted` is the one and only of `found`, all attributes equal. */
function isDepicted(wanted: Instances, found: Instances): boolean {
  return found.objects.length === 1 && sameAttributes(wanted.objects[0], found.objects[0]) === attributeNames.length;
}

const attributeNames = ["shape", "colour", "size", "material"] as const;
type Attributes = Instances["objects"][number];

/** How many of the four attributes are equal. */
function sameAttributes(a: Attributes, b: Attributes): number {
  return attributeNames.filter((name) => a[name] === b[name]).length;
}

/**
 * The share of attributes, 0…1, that `found` has right of the objects in `wanted`. An object is taken for the found one
 * that covers most of its pixels; one that none covers has all of its attributes wrong.
 */
export function attributeAccuracy(wanted: Instances, found: Instances): number {
  const covering = wanted.objects.map(() => new Array<number>(found.objects.length).fill(0));
  for (const [pixel, id] of wanted.map.entries()) {
    const other = found.map[pixel];
    if (id > 0 && other > 0) covering[id - 1][other - 1]++;
  }
  const right = wanted.objects.map((object, i) => {
    const most = Math.max(0, ...covering[i]);
    return most === 0 ? 0 : sameAttributes(object, found.objects[covering[i].indexOf(most)]);
  });
  return right.reduce((a, b) => a + b, 0) / (attributeNames.length * wanted.objects.length);
}
