/**
 * A caption for the objects that percept-mini found, in the words scenes are told in; none where it is not sure.
 *
 * An object is sure when its centre's peak is at least 0.5 and its shape's probability at least 0.7. Only sure objects are
 * told, and there is no caption unless they cover at least half of what all found objects cover. A colour, size or
 * material below 0.6 is left out. Photographs are outside of what the net knows, and mostly get no caption.
 */
import { colours, materials, shapes, sizes } from "../conditions/attributes.js";
import { captionFromDetections } from "../data/scene-grammar.js";
import type { FoundObject } from "../models/percept-decode.js";

const sure = { peak: 0.5, shape: 0.7, other: 0.6, share: 0.5 };

/** The caption, or undefined. */
export function captionOfObjects(objects: readonly FoundObject[]): string | undefined {
  const told = objects.filter(({ peak, confidence }) => peak >= sure.peak && confidence.shape >= sure.shape);
  const covered = (some: readonly FoundObject[]) => some.reduce((sum, { area }) => sum + area, 0);
  if (told.length === 0 || covered(told) < sure.share * covered(objects)) return undefined;
  return captionFromDetections(
    told.map(({ confidence, centreX, depth, area, ...found }) => ({
      shape: shapes[found.shape],
      colour: confidence.colour >= sure.other ? colours[found.colour] : undefined,
      size: confidence.size >= sure.other ? sizes[found.size] : undefined,
      material: confidence.material >= sure.other ? materials[found.material] : undefined,
      centreX,
      depth,
      area,
    })),
  );
}
