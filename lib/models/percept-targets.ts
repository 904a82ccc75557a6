/** The objects of one picture as the planes that `perceive` is trained on; `decodePercept` is the way back. */
import { perceptChannels } from "./percept.js";

/** Offsets are in units of this share of the picture's side, so that they are of size one. */
export const offsetUnit = 1 / 4;
/** Standard deviation of a centre's peak, as a share of the picture's side: two pixels of 64. */
const peakWidth = 1 / 32;

/** Attributes as class numbers: shape 0 … 2 (sphere, cube, cylinder), colour 0 … 7, size 0 … 1, material 0 … 1. */
export interface ObjectAttributes {
  readonly shape: number;
  readonly colour: number;
  readonly size: number;
  readonly material: number;
}

/** One picture's planes as `PerceptTargets` names them, each size × size × channels; labels are one number a pixel. */
export interface TargetPlanes extends Record<"depth" | "centre" | "offset" | "offsetMask", Float32Array> {
  readonly shape: Int32Array;
  readonly colour: Int32Array;
  readonly size: Int32Array;
  readonly material: Int32Array;
}

/**
 * What `perceive` should say of a picture. `instances` holds for each pixel 0 or the number, from 1, of its object;
 * `depth` the normalised inverse depth.
 */
export function perceptTargets(
  size: number,
  instances: Uint8Array,
  objects: readonly ObjectAttributes[],
  depth: Float32Array,
): TargetPlanes {
  const pixels = size * size;
  const centres = objects.map((_, index) => centreOf(size, instances, index + 1));
  const label = (ofObject: (object: ObjectAttributes) => number, none: number) =>
    Int32Array.from(instances, (id) => (id === 0 ? none : ofObject(objects[id - 1])));
  const planes: TargetPlanes = {
    depth,
    shape: label(({ shape }) => shape + 1, 0),
    colour: label(({ colour }) => colour, perceptChannels.colour - 1),
    size: label((object) => object.size, -1),
    material: label(({ material }) => material, -1),
    centre: new Float32Array(pixels),
    offset: new Float32Array(2 * pixels),
    offsetMask: new Float32Array(2 * pixels),
  };
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [x, y] = [pixel % size, Math.floor(pixel / size)];
    for (const centre of centres) {
      if (!centre) continue;
      const square = ((x - centre.x) ** 2 + (y - centre.y) ** 2) / (peakWidth * size) ** 2;
      planes.centre[pixel] = Math.max(planes.centre[pixel], Math.exp(-square / 2));
    }
    const own = instances[pixel] === 0 ? null : centres[instances[pixel] - 1];
    if (!own) continue;
    planes.offset.set([(own.x - x) / (offsetUnit * size), (own.y - y) / (offsetUnit * size)], 2 * pixel);
    planes.offsetMask.fill(1, 2 * pixel, 2 * pixel + 2);
  }
  return planes;
}

/** The middle of an object's visible pixels, in pixels; null where none is visible. */
function centreOf(size: number, instances: Uint8Array, id: number): { x: number; y: number } | null {
  let [x, y, count] = [0, 0, 0];
  for (let pixel = 0; pixel < instances.length; pixel++) {
    if (instances[pixel] !== id) continue;
    x += pixel % size;
    y += Math.floor(pixel / size);
    count++;
  }
  return count === 0 ? null : { x: x / count, y: y / count };
}
