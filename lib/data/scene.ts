/**
 * The procedural world: `sceneAt(seed, index, split)` is a pure function to a scene of 1 to 4 objects on a ground under
 * a sky, after CLEVR (Johnson et al., arXiv 1612.06890, §3 and supplement A).
 *
 * Objects are placed by rejection, by what the camera sees: each silhouette's bounds lie inside the picture, and of a
 * body's bounds at most `hiddenLimit` is covered by the bounds of bodies that may stand before it. A silhouette fills
 * at least 0.6 of its bounds, so at least 1 - hiddenLimit / 0.6 = 58 % of it is seen: no picture needs to be looked at.
 */
import {
  type Attributes,
  allCombinations,
  type Combination,
  colours,
  type Ground,
  grounds,
  heldOutCombinations,
  isHeldOut,
  materials,
  type Shape,
  type Sky,
  shapes,
  sizes,
  skies,
  trainCombinations,
} from "./attributes.js";
import { Draws, wordsOf } from "./draws.js";
import {
  type Body,
  type Box,
  boxArea,
  type Camera,
  cosine,
  projectCentre,
  sharedArea,
  silhouetteBox,
  sine,
} from "./scene-view.js";

/**
 * Training scenes hold no held-out combination; held-out scenes hold at least one. Fresh ones are not among the training
 * scenes either, and hold any combination, each as likely as the others. Single ones are for training, too, have one
 * object each, and come in twins: numbers 2k and 2k + 1 are the same scene but for one attribute of its object.
 */
export type Split = "train" | "held-out" | "fresh" | "single";

/** Part of the key that a scene is drawn from. */
const splitNumbers: Record<Split, number> = { train: 0, "held-out": 1, fresh: 2, single: 3 };

/** An object: what it is and where it stands. */
export interface SceneObject extends Attributes, Body {}

/** Everything that is to be seen, and from where. Plain data. */
export interface Scene {
  /** 1 to 4 objects; object i has number i + 1 in the instance map. */
  readonly objects: readonly SceneObject[];
  readonly ground: Ground;
  /** Rotation of the ground's pattern, radians. */
  readonly groundAngle: number;
  readonly sky: Sky;
  /** Direction the light comes from: azimuth in radians from the camera's back to its right, elevation above ground. */
  readonly light: { readonly azimuth: number; readonly elevation: number; readonly warmth: number };
  readonly camera: Camera;
}

/** The most objects a scene has. */
export const maxObjects = 4;

const countWeights = [0.34, 0.32, 0.24, 0.1];
const hiddenLimit = 0.25;
const frameMargin = 1 / 64;
/** Bodies whose depths differ by less may hide each other either way. */
const depthSlack = 0.6;
const placeTries = 30;
const layoutTries = 40;

/** What twins differ in, and how often: in what is hardest to see most often. */
const differences = [
  { name: "shape", weight: 0.5 },
  { name: "material", weight: 0.3 },
  { name: "colour", weight: 0.1 },
  { name: "size", weight: 0.1 },
] as const;

const measures: Record<Shape, { radius: number; halfHeight: number }> = {
  sphere: { radius: 1, halfHeight: 1 },
  cube: { radius: 0.84, halfHeight: 0.84 },
  cylinder: { radius: 0.88, halfHeight: 0.86 },
};
const smallScale = 0.57;

/** The scene with this number. `seed`, `index`: whole numbers of at least 0, else CP_ARG_RANGE. */
export function sceneAt(seed: number | bigint, index: number, split: Split): Scene {
  const [low, high] = wordsOf(index, "index");
  const twin = split === "single" ? low % 2 : 0;
  const key = [...wordsOf(seed, "seed"), low - twin, high, splitNumbers[split]];
  const draws = new Draws(...key, 0);
  const camera = drawCamera(draws);
  const surroundings = drawSurroundings(draws);
  const count = split === "single" ? 1 : 1 + draws.weighted(countWeights);
  // A crowd that does not fit is drawn again; in the end one object fewer always does.
  for (let wanted = count; ; wanted--) {
    for (let attempt = 1; attempt <= layoutTries; attempt++) {
      const own = new Draws(...key, wanted, attempt);
      const objects =
        split === "single" ? drawTwins(own, camera)?.slice(twin, twin + 1) : drawObjects(own, wanted, camera, split);
      if (objects) return { objects, ...surroundings, camera };
    }
  }
}

function drawCamera(draws: Draws): Camera {
  const pitch = draws.between(0.35, 0.44);
  const distance = draws.between(8.3, 8.9);
  const aimX = draws.between(-0.25, 0.25);
  return {
    x: aimX,
    y: -distance * cosine(pitch),
    z: 0.8 + distance * sine(pitch),
    pitch,
    focal: draws.between(1.46, 1.58),
  };
}

function drawSurroundings(draws: Draws): Pick<Scene, "ground" | "groundAngle" | "sky" | "light"> {
  const ground = draws.pick(grounds);
  const groundAngle = draws.between(-0.6, 0.6);
  const sky = draws.pick(skies);
  const side = draws.chance(0.5) ? 1 : -1;
  const azimuth = side * draws.between(0.6, 1.65);
  return {
    ground,
    groundAngle,
    sky,
    light: { azimuth, elevation: draws.between(0.65, 0.95), warmth: draws.between(-1, 1) },
  };
}

function drawAttributes(draws: Draws, count: number, split: Split): Attributes[] {
  const largeChance = [0.6, 0.5, 0.4, 0.3][count - 1];
  const drawn: Attributes[] = [];
  for (let place = 0; place < count; place++) {
    if (place > 0 && draws.chance(0.25)) {
      drawn.push(drawn[place - 1]);
      continue;
    }
    const heldOut = split === "held-out" && (place === 0 || draws.chance(0.3));
    const known = split === "fresh" ? allCombinations : trainCombinations;
    const combination: Combination = draws.pick(heldOut ? heldOutCombinations : known);
    drawn.push({ ...combination, size: sizes[draws.chance(largeChance) ? 1 : 0] });
  }
  return drawn;
}

interface Placed {
  readonly object: SceneObject;
  readonly box: Box;
  readonly depth: number;
}

/** `count` objects that stand free and can be seen, or undefined where these draws lead to none. */
function drawObjects(draws: Draws, count: number, camera: Camera, split: Split): SceneObject[] | undefined {
  let placed: Placed[] = [];
  for (const attributes of drawAttributes(draws, count, split)) {
    const before: readonly Placed[] = placed;
    const next = drawPlace(draws, attributes, camera, (candidate) => standsFree(candidate, before));
    if (!next) return undefined;
    placed = [...placed, next];
  }
  return placed.map(({ object }) => object);
}

/** An object and its twin in the same place; no combination is held out. Undefined where these draws lead to none. */
function drawTwins(draws: Draws, camera: Camera): SceneObject[] | undefined {
  const [attributes] = drawAttributes(draws, 1, "single");
  const other = draws.pick(
    twinsOf(attributes, differences[draws.weighted(differences.map(({ weight }) => weight))].name),
  );
  const twinOf = ({ object }: Placed) => objectOf(other, object);
  const placed = drawPlace(draws, attributes, camera, (one) => insideFrame(silhouetteBox(camera, twinOf(one))));
  return placed && [placed.object, twinOf(placed)];
}

/** Everything that differs from `attributes` in `name` alone and may be trained on. */
function twinsOf(attributes: Attributes, name: keyof Attributes): Attributes[] {
  const values = { shape: shapes, colour: colours, size: sizes, material: materials }[name];
  const others = values.filter((value) => value !== attributes[name]);
  const twins = others
    .map((value): Attributes => ({ ...attributes, [name]: value }))
    .filter((twin) => !isHeldOut(twin));
  return twins.length > 0 ? twins : twinsOf(attributes, "size");
}

/** An object with these attributes in a place on the ground. */
function objectOf(attributes: Attributes, { x, y, yaw }: Pick<Body, "x" | "y" | "yaw">): SceneObject {
  const scale = attributes.size === "large" ? 1 : smallScale;
  const { radius, halfHeight } = measures[attributes.shape];
  return { ...attributes, x, y, radius: radius * scale, halfHeight: halfHeight * scale, yaw };
}

function drawPlace(
  draws: Draws,
  attributes: Attributes,
  camera: Camera,
  accepts: (candidate: Placed) => boolean,
): Placed | undefined {
  for (let attempt = 0; attempt < placeTries; attempt++) {
    const object = objectOf(attributes, {
      x: draws.between(-2.6, 2.6),
      y: draws.between(-1.3, 1.7),
      yaw: draws.between(0, Math.PI / 2),
    });
    const candidate = { object, box: silhouetteBox(camera, object), depth: projectCentre(camera, object).depth };
    if (insideFrame(candidate.box) && accepts(candidate)) return candidate;
  }
  return undefined;
}

function insideFrame(box: Box): boolean {
  return box.left > frameMargin && box.top > frameMargin && box.right < 1 - frameMargin && box.bottom < 1 - frameMargin;
}

function standsFree(candidate: Placed, placed: readonly Placed[]): boolean {
  const all = [...placed, candidate];
  return (
    placed.every(({ object }) => groundDistance(object, candidate.object) > 0.12) &&
    all.every((one) => hiddenShare(one, all) <= hiddenLimit)
  );
}

/** Free ground between two bodies, from circles around their feet. */
function groundDistance(a: SceneObject, b: SceneObject): number {
  const reach = (body: Body) => (body.shape === "cube" ? body.radius * Math.SQRT2 : body.radius);
  return Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2) - reach(a) - reach(b);
}

/** Upper bound of the part of `one`'s bounds that bodies before it cover. */
function hiddenShare(one: Placed, all: readonly Placed[]): number {
  const before = all.filter((other) => other !== one && other.depth < one.depth + depthSlack);
  return before.reduce((sum, other) => sum + sharedArea(one.box, other.box), 0) / boxArea(one.box);
}
