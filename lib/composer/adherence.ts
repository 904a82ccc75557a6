/**
 * How far images are from the parts they were composed of: every part is taken from the image again and compared by its
 * condition's own distance. The caption is left to `evaluate`, whose judge reads attributes.
 */
import type { ConditionName, Metrics } from "../conditions/condition.js";
import type { Image } from "../conditions/image.js";
import { resizeInstances } from "../conditions/instances.js";
import { conditionOf, type Parts } from "../conditions/parts.js";
import type { Sight } from "../conditions/perception.js";
import { type Plane, resizePlane } from "../conditions/plane.js";
import { type Observers, observe } from "./observe.js";
import type { Adherence } from "./result.js";

const extracted = ["palette", "sketch", "intensity", "masking"] as const;

/** One record for each image, in their order. There is at least one, and all have the same size. */
export async function adherenceOf(
  images: readonly Image[],
  parts: Readonly<Parts>,
  observers: Observers,
  signal: AbortSignal,
): Promise<Adherence[]> {
  const wanted = atSize(parts, images[0].width);
  const asked = {
    semantics: wanted.semantics !== undefined,
    sights: wanted.depth !== undefined || wanted.instances !== undefined,
  };
  const { semantics, sights } = await observe(images, asked, observers, signal);
  const measured: Adherence[] = [];
  for (const [index, image] of images.entries()) {
    // A turn of the event loop for each image: taking a sketch or a palette's distance takes milliseconds.
    await new Promise(setImmediate);
    measured.push(measure(wanted, partsOf(image, wanted, semantics[index], sights[index])));
  }
  return measured;
}

/** What `image` has of the wanted parts. */
function partsOf(image: Image, wanted: Parts, semantics: Float32Array | undefined, sight: Sight | undefined): Parts {
  const found: Record<string, unknown> = { semantics, depth: sight?.depth, instances: sight?.instances };
  for (const name of extracted) {
    if (wanted[name] !== undefined) found[name] = conditionOf(name).extract!(image, wanted[name]);
  }
  return found;
}

function measure(wanted: Parts, found: Parts): Adherence {
  const names = (Object.keys(wanted) as ConditionName[]).filter((name) => wanted[name] && found[name]);
  const distance = (name: ConditionName): Metrics => conditionOf(name).distance(wanted[name], found[name]);
  return Object.fromEntries(names.map((name) => [name, distance(name)]));
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
