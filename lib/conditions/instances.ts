/**
 * Instances: which object covers each pixel, and what the objects are.
 *
 * The plane has 4 channels of 0 or 1, NHWC: is a sphere, is a cube, is a cylinder, and is a boundary (a pixel of an
 * object beside a pixel of something else), which keeps touching objects of one shape apart. Colour, size and material
 * are for people and for captions; they are not in the plane.
 */

import sharp from "sharp";
import { type Attributes, colours, materials, shapes, sizes } from "./attributes.js";
import { asInteger, asRecord, type Condition, parseJson, refuse, toJson } from "./condition.js";
import { maxSide } from "./image.js";
import { nearest, requireSameSize, requireSquare } from "./plane.js";
import { decodeError, openBytes } from "./read-image.js";

/** `map` holds height × width bytes: 0 for no object, i + 1 for `objects[i]`. At most 255 objects. */
export interface Instances {
  width: number;
  height: number;
  map: Uint8Array;
  objects: Attributes[];
}

const planeChannels = shapes.length + 1;
const maxObjects = 255;

function oneOf<T extends string>(value: unknown, where: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  return found ?? refuse("CP_ARG_RANGE", where, allowed.join(" or "), value);
}

function checkObject(value: unknown, i: number): Attributes {
  const record = asRecord(value, `object ${i}`, "{ shape, colour, size, material }");
  return {
    shape: oneOf(record.shape, `the shape of object ${i}`, shapes),
    colour: oneOf(record.colour, `the colour of object ${i}`, colours),
    size: oneOf(record.size, `the size of object ${i}`, sizes),
    material: oneOf(record.material, `the material of object ${i}`, materials),
  };
}

function check(value: unknown): Instances {
  const record = asRecord(value, "the instances", "{ width, height, map, objects }");
  const width = asInteger(record.width, "the instances' width", 1, maxSide);
  const height = asInteger(record.height, "the instances' height", 1, maxSide);
  const { map, objects } = record;
  if (!(map instanceof Uint8Array)) {
    refuse("CP_ARG_TYPE", "the instances' map", "a Uint8Array", map);
  }
  if (map.length !== width * height) {
    refuse("CP_ARG_SHAPE", "the instances' map", `${width} × ${height} = ${width * height} bytes`, map);
  }
  if (!Array.isArray(objects)) {
    refuse("CP_ARG_TYPE", "the instances' objects", "a list", objects);
  }
  if (objects.length > maxObjects) {
    refuse("CP_ARG_RANGE", "the number of objects", `at most ${maxObjects}`, objects.length);
  }
  const wrong = map.findIndex((index) => index > objects.length);
  if (wrong >= 0) {
    refuse(
      "CP_ARG_RANGE",
      `pixel ${wrong} of the instances' map`,
      `0 to ${objects.length}, one for each object`,
      map[wrong],
    );
  }
  return { width, height, map, objects: objects.map(checkObject) };
}

/** The same objects on size × size pixels, each with the index of the nearest pixel. Throws CP_ARG_SHAPE unless square. */
export function resizeInstances(value: Instances, size: number): Instances {
  requireSquare(value, "the instances");
  const side = value.width;
  const map = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      map[y * size + x] = value.map[nearest(y, side, size) * side + nearest(x, side, size)];
    }
  }
  return { width: size, height: size, map, objects: value.objects };
}

function toPlane(value: Instances, size: number): Float32Array {
  const { map } = resizeInstances(value, size);
  const plane = new Float32Array(size * size * planeChannels);
  for (let i = 0; i < map.length; i++) {
    if (map[i] === 0) {
      continue;
    }
    const x = i % size;
    const beside = [
      x > 0 ? i - 1 : i,
      x < size - 1 ? i + 1 : i,
      i >= size ? i - size : i,
      i + size < map.length ? i + size : i,
    ];
    plane[i * planeChannels + shapes.indexOf(value.objects[map[i] - 1].shape)] = 1;
    plane[i * planeChannels + shapes.length] = beside.some((j) => map[j] !== map[i]) ? 1 : 0;
  }
  return plane;
}

/** For each pixel 0 for the background and 1 + shape for an object. */
function classesOf({ map, objects }: Instances): Uint8Array {
  const classOfIndex = [0, ...objects.map(({ shape }) => 1 + shapes.indexOf(shape))];
  return map.map((index) => classOfIndex[index]);
}

/** Mean over the classes (background, sphere, cube, cylinder) that occur in either of intersection ÷ union. */
function meanIou(wanted: Instances, got: Instances): number {
  requireSameSize(wanted, got, "the other instances");
  const a = classesOf(wanted);
  const b = classesOf(got);
  const ious: number[] = [];
  for (let k = 0; k <= shapes.length; k++) {
    let both = 0;
    let either = 0;
    for (let i = 0; i < a.length; i++) {
      both += a[i] === k && b[i] === k ? 1 : 0;
      either += a[i] === k || b[i] === k ? 1 : 0;
    }
    if (either > 0) {
      ious.push(both / either);
    }
  }
  return ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
}

/** Instances as a condition. Saved as an 8-bit grey PNG of indices and a list of objects. Distance: `instancesMiou`. */
export const instances: Condition<Instances> = {
  name: "instances",
  kind: "local",
  channels: planeChannels,
  fileKinds: ["png", "json"],
  check,
  toPlane,
  async write({ width, height, map, objects }) {
    const image = sharp(map, { raw: { width, height, channels: 1 } }).toColourspace("b-w");
    return { png: await image.png().toBuffer(), json: toJson({ objects }) };
  },
  async read({ png, json }) {
    const opened = await openBytes(png, "instances.png");
    const { width, height, depth, format } = await opened.metadata();
    if (depth !== "uchar" || format !== "png") {
      // Indices do not survive lossy formats or a change of depth.
      refuse("CP_IMAGE_FORMAT", "instances.png", "an 8-bit PNG", `${format} of type ${depth}`);
    }
    asInteger(width, "the width of instances.png", 1, maxSide);
    asInteger(height, "the height of instances.png", 1, maxSide);
    const map = await opened
      .extractChannel(0)
      .raw()
      .toBuffer()
      .catch((cause) => {
        throw decodeError("instances.png", cause);
      });
    return check({ width, height, map: new Uint8Array(map), objects: parseJson(json, "instances.json").objects });
  },
  distance: (wanted, got) => ({ instancesMiou: meanIou(wanted, got) }),
};
