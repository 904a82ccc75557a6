/**
 * How far images are from the parts they were composed of: every part is taken from the image again and compared by its
 * condition's own distance. A caption's is `captionCosine`, between its sentence and the image's embedding; whether every
 * attribute is right only `evaluate` says, whose judge reads attributes.
 */
import { type ConditionName, conditionNames, type Metrics } from "../conditions/condition.js";
import type { Image } from "../conditions/image.js";
import { resizeInstances } from "../conditions/instances.js";
import { conditionOf, type Parts } from "../conditions/parts.js";
import type { Sight } from "../conditions/perception.js";
import { type Plane, resizePlane } from "../conditions/plane.js";
import { type Observers, observe } from "./observe.js";
import type { Adherence } from "./result.js";

const measurable = conditionNames.filter((name) => name !== "caption");

/**
 * One record for each image, in their order. There is at least one, and all have the same size. `sentence` is the caption's,
 * where there is one.
 */
export async function adherenceOf(
  images: readonly Image[],
  { parts, sentence }: { readonly parts: Readonly<Parts>; readonly sentence?: Float32Array },
  observers: Observers,
  signal: AbortSignal,
): Promise<Adherence[]> {
  const wanted = atSize(parts, images[0].width);
  const asked = {
    semantics: wanted.semantics !== undefined || sentence !== undefined,
    sights: wanted.depth !== undefined || wanted.instances !== undefined,
  };
  const { semantics, sights } = await observe(images, asked, observers, signal);
  const measured: Adherence[] = [];
  for (const [index, image] of images.entries()) {
    const adherence = await measure(image, wanted, { semantics: semantics[index], sight: sights[index] });
    measured.push(sentence ? { caption: captionMetrics(sentence, semantics[index]), ...adherence } : adherence);
  }
  return measured;
}

/**
 * How far one image is from parts of its size; `semantics` and `sight` are what the nets say of it.
 *
 * A turn of the event loop before each part is taken and before it is compared: either may take tens of milliseconds.
 */
export async function measure(
  image: Image,
  wanted: Parts,
  { semantics, sight }: { readonly semantics?: Float32Array; readonly sight?: Sight },
): Promise<Adherence> {
  const seen: Parts = { semantics, depth: sight?.depth, instances: sight?.instances };
  const adherence: Partial<Record<ConditionName, Metrics>> = {};
  for (const name of measurable) {
    if (wanted[name] === undefined) continue;
    const { extract, distance } = conditionOf(name);
    await new Promise(setImmediate);
    const found = extract ? extract(image, wanted[name]) : seen[name];
    await new Promise(setImmediate);
    adherence[name] = distance(wanted[name], found);
  }
  return adherence;
}

/** Both have length 1 and lie in the same space (CLIP, section 2). */
function captionMetrics(sentence: Float32Array, embedding: Float32Array): Metrics {
  return { captionCosine: conditionOf("semantics").distance(sentence, embedding).semanticsCosine };
}

/** Planes of another size as the net saw them. */
function atSize(parts: Readonly<Parts>, size: number): Parts {
  const plane = (name: "sketch" | "depth" | "intensity"): Plane | undefined => {
    const value = parts[name];
    return value && { width: size, height: size, data: resizePlane(value, size, `the ${name}`) };
  };
  const instances = parts.instances && resizeInstances(parts.instances, size);
  return { ...parts, sketch: plane("sketch"), depth: plane("depth"), intensity: plane("intensity"), instances };
}
