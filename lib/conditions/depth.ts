/**
 * Depth: inverse distance from the camera scaled to 0…1, near = 1 and far = 0, one channel. Made by a network or a
 * renderer; saved as a 16-bit grey PNG.
 */

import type { Condition } from "./condition.js";
import { checkPlane, decodePlane, encodePlane, type Plane, resizePlane, rootMeanSquare } from "./plane.js";

/** Depth as a condition; plane values 0…1. Distance: `depthRmse`, 0…1. */
export const depth: Condition<Plane> = {
  name: "depth",
  kind: "local",
  channels: 1,
  fileKinds: ["png"],
  check: (value) => checkPlane(value, "depth"),
  toPlane: (value, size) => resizePlane(value, size, "the depth"),
  write: async (value) => ({ png: await encodePlane(value) }),
  read: ({ png }) => decodePlane(png, "depth.png"),
  distance: (wanted, got) => ({ depthRmse: rootMeanSquare(wanted, got, "the other depth") }),
};
