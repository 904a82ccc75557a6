/**
 * A scene as the flat Float32Array that the native ray caster reads. THE layout (native/scenes/scenes.h mirrors it):
 *
 *     index  0 layout version (1)      1 number of objects, 1 … 4
 *            2 camera x y z            5 cosine and sine of the pitch    7 focal length (picture widths)
 *            8 near depth (depth map value 1)                            9 depth where the ground ends
 *           10 unit vector to the light                                 13 light colour r g b
 *           16 tangent of half the light's angle                        17 ambient colour r g b
 *           20 ground code             21 ground colour r g b           24 second ground colour r g b
 *           27 cosine and sine of the ground pattern's angle
 *           29 sky at the horizon r g b                                 32 sky at the zenith r g b
 *           35 four objects of 11, unused ones zero:
 *              +0 shape code  +1 material code  +2 x  +3 y  +4 radius  +5 half height  +6 cosine and sine of yaw  +8 r g b
 *
 * Codes are places in the lists of attributes.ts. Colours are linear: the square of a picture's value in 0 … 1, since
 * the ray caster writes square roots. Lengths are world units, depths distances along the camera's axis.
 */
import { type Colour, type Ground, grounds, materials, type Sky, shapes } from "./attributes.js";
import { maxObjects, type Scene, type SceneObject } from "./scene.js";
import { cosine, nearDepth, sine } from "./scene-view.js";

const layoutVersion = 1;
const objectFields = 11;
/** Floats in a packed scene. */
export const packedSceneLength = 35 + maxObjects * objectFields;

const groundEnd = 17.5;

/** What each colour looks like on paper: CLEVR's values, green a little lighter so that it is told from gray in shade. */
export const colourRgb8: Readonly<Record<Colour, readonly [number, number, number]>> = {
  gray: [124, 124, 126],
  red: [190, 32, 36],
  blue: [42, 75, 215],
  green: [34, 132, 36],
  brown: [132, 76, 28],
  purple: [135, 42, 196],
  cyan: [41, 208, 208],
  yellow: [250, 224, 50],
};

type Triple = readonly [number, number, number];

const groundRgb8: Record<Ground, readonly [Triple, Triple]> = {
  gray: [
    [158, 158, 160],
    [146, 146, 150],
  ],
  sandy: [
    [222, 190, 138],
    [204, 168, 114],
  ],
  checkered: [
    [214, 212, 208],
    [104, 106, 114],
  ],
  wooden: [
    [188, 144, 102],
    [160, 114, 76],
  ],
  grassy: [
    [128, 158, 78],
    [96, 128, 58],
  ],
};

interface SkyLook {
  readonly horizon: Triple;
  readonly zenith: Triple;
  /** Strength of the direct light, of the light from all around, and tangent of half the light's angle. */
  readonly direct: number;
  readonly ambient: number;
  readonly spread: number;
  /** Added to the light's own warmth in -1 … 1. */
  readonly warmth: number;
}

const skyLooks: Record<Sky, SkyLook> = {
  blue: { horizon: [196, 222, 246], zenith: [58, 118, 206], direct: 1.05, ambient: 0.38, spread: 0.09, warmth: 0.2 },
  cloudy: { horizon: [226, 227, 230], zenith: [156, 162, 172], direct: 0.72, ambient: 0.58, spread: 0.2, warmth: 0 },
  sunset: { horizon: [255, 186, 112], zenith: [150, 84, 150], direct: 1, ambient: 0.4, spread: 0.1, warmth: 0.5 },
  night: { horizon: [58, 70, 112], zenith: [12, 16, 40], direct: 0.9, ambient: 0.36, spread: 0.07, warmth: -0.6 },
};

function linear(rgb8: Triple): [number, number, number] {
  return rgb8.map((value) => (value / 255) ** 2) as [number, number, number];
}

/** Colour of a light of the given strength: warm above 0, cool below. */
function lightColour(strength: number, warmth: number): number[] {
  return [strength * (1 + 0.1 * warmth), strength, strength * (1 - 0.14 * warmth)];
}

/** The light from all around: mostly white, tinted by the sky's mean. */
function ambientColour(look: SkyLook): number[] {
  const horizon = linear(look.horizon);
  const zenith = linear(look.zenith);
  const mean = horizon.map((value, channel) => (value + zenith[channel]) / 2);
  const grey = (mean[0] + mean[1] + mean[2]) / 3;
  return mean.map((value) => look.ambient * (0.7 + (0.3 * value) / grey));
}

function packObject(object: SceneObject): number[] {
  return [
    shapes.indexOf(object.shape),
    materials.indexOf(object.material),
    object.x,
    object.y,
    object.radius,
    object.halfHeight,
    cosine(object.yaw),
    sine(object.yaw),
    ...linear(colourRgb8[object.colour]),
  ];
}

/** The scene in the layout above, `packedSceneLength` floats. */
export function packScene(scene: Scene): Float32Array {
  const { camera, light, ground } = scene;
  const look = skyLooks[scene.sky];
  const level = cosine(light.elevation);
  const packed = new Float32Array(packedSceneLength);
  packed.set([
    ...[layoutVersion, scene.objects.length, camera.x, camera.y, camera.z],
    ...[cosine(camera.pitch), sine(camera.pitch), camera.focal, nearDepth, groundEnd],
    ...[sine(light.azimuth) * level, -cosine(light.azimuth) * level, sine(light.elevation)],
    ...lightColour(look.direct, look.warmth + light.warmth),
    look.spread,
    ...ambientColour(look),
    grounds.indexOf(ground),
    ...groundRgb8[ground].flatMap(linear),
    ...[cosine(scene.groundAngle), sine(scene.groundAngle)],
    ...linear(look.horizon),
    ...linear(look.zenith),
    ...scene.objects.flatMap(packObject),
  ]);
  return packed;
}
