/**
 * The pinhole camera of a scene and the silhouettes it sees. World: x to the right, y away from the camera, z up, the
 * ground at z = 0. The camera looks along +y, tilted down by `pitch`; picture coordinates u (right) and v (down) run
 * from 0 to 1 over the square picture, and with f the focal length in picture widths
 *
 *     d = point - position,  depth = d.y cos p - d.z sin p,  u = 1/2 + f d.x / depth,
 *     v = 1/2 - f (d.y sin p + d.z cos p) / depth.
 *
 * `depth`, the distance along the camera's axis, is the depth of every depth map.
 */
import type { Shape } from "./attributes.js";

/** Distance along the camera's axis that a depth map writes as 1; everything visible is farther away. */
export const nearDepth = 4.5;

/** Where the camera stands and how it is tilted. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Downward tilt in radians. */
  readonly pitch: number;
  /** Focal length in picture widths. */
  readonly focal: number;
}

/** A body standing on the ground. */
export interface Body {
  readonly shape: Shape;
  readonly x: number;
  readonly y: number;
  /** Radius of a sphere or cylinder, half the edge of a cube. */
  readonly radius: number;
  /** Half the body's height, equal to `radius` for spheres and cubes; its centre is that high. */
  readonly halfHeight: number;
  /** Rotation about the vertical, radians. */
  readonly yaw: number;
}

/** Axis-aligned bounds in picture coordinates. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const trigSteps = 2 ** 24;
/** Cosine rounded to 2^-24: engines may differ in the last bit of Math.cos, not in this. */
export const cosine = (angle: number): number => Math.round(Math.cos(angle) * trigSteps) / trigSteps;
/** Sine rounded to 2^-24. */
export const sine = (angle: number): number => Math.round(Math.sin(angle) * trigSteps) / trigSteps;

/** The point in the camera's own axes: x right, y up, z = depth. */
function cameraAxes(camera: Camera, x: number, y: number, z: number): { x: number; y: number; z: number } {
  const cos = cosine(camera.pitch);
  const sin = sine(camera.pitch);
  const away = y - camera.y;
  const above = z - camera.z;
  return { x: x - camera.x, y: away * sin + above * cos, z: away * cos - above * sin };
}

/** The body's centre as the camera sees it: u and v in 0 … 1, depth in world units. */
export function projectCentre(camera: Camera, body: Body): { u: number; v: number; depth: number } {
  const point = cameraAxes(camera, body.x, body.y, body.halfHeight);
  return {
    u: 0.5 + (camera.focal * point.x) / point.z,
    v: 0.5 - (camera.focal * point.y) / point.z,
    depth: point.z,
  };
}

/** The representation's depth for a distance along the camera's axis: nearDepth / distance, at most 1; the sky has 0. */
export function inverseDepth(depth: number): number {
  return Math.min(1, nearDepth / depth);
}

/** Exact bounds of a sphere's silhouette on one axis: the two tangents from the eye (offset a, depth z, radius r). */
function tangents(a: number, z: number, r: number): [number, number] {
  const root = r * Math.sqrt(a * a + z * z - r * r);
  const scale = 1 / (z * z - r * r);
  return [(a * z - root) * scale, (a * z + root) * scale];
}

const cylinderSides = 12;

/** Corners of the cube, or of a 12-sided prism around the cylinder, in world units. */
function corners(body: Body): { x: number; y: number; z: number }[] {
  const sides = body.shape === "cube" ? 4 : cylinderSides;
  const reach = body.radius / cosine(Math.PI / sides);
  const start = body.shape === "cube" ? body.yaw + Math.PI / 4 : 0;
  return Array.from({ length: 2 * sides }, (_, corner) => {
    const angle = start + (2 * Math.PI * (corner % sides)) / sides;
    return {
      x: body.x + reach * cosine(angle),
      y: body.y + reach * sine(angle),
      z: corner < sides ? 0 : 2 * body.halfHeight,
    };
  });
}

/** Bounds of the body's silhouette: exact for spheres and cubes, a little large for cylinders. */
export function silhouetteBox(camera: Camera, body: Body): Box {
  const f = camera.focal;
  if (body.shape === "sphere") {
    const centre = cameraAxes(camera, body.x, body.y, body.radius);
    const [left, right] = tangents(centre.x, centre.z, body.radius);
    const [bottom, top] = tangents(centre.y, centre.z, body.radius);
    return { left: 0.5 + f * left, right: 0.5 + f * right, top: 0.5 - f * top, bottom: 0.5 - f * bottom };
  }
  const points = corners(body).map((corner) => cameraAxes(camera, corner.x, corner.y, corner.z));
  const across = points.map((point) => 0.5 + (f * point.x) / point.z);
  const down = points.map((point) => 0.5 - (f * point.y) / point.z);
  return { left: Math.min(...across), right: Math.max(...across), top: Math.min(...down), bottom: Math.max(...down) };
}

/** Area of a box in units of the picture's. */
export function boxArea(box: Box): number {
  return Math.max(0, box.right - box.left) * Math.max(0, box.bottom - box.top);
}

/** Area that two boxes share. */
export function sharedArea(a: Box, b: Box): number {
  return boxArea({
    left: Math.max(a.left, b.left),
    right: Math.min(a.right, b.right),
    top: Math.max(a.top, b.top),
    bottom: Math.min(a.bottom, b.bottom),
  });
}
