/**
 * Captions of scenes. The grammar:
 *
 *     caption  = things [ "on a" ground "floor" ] [ "under a" sky "sky" ]
 *     things   = phrase | phrase place phrase | phrase { "," phrase } "and" phrase
 *              | phrase place phrase "and" [ place ] phrase
 *     phrase   = count [ size ] [ colour ] [ material ] shape          count = "a" | "two" | "three" | "four"
 *     place    = "left of" | "right of" | "in front of" | "behind"
 *
 * Every object is told, once; objects alike in all that is mentioned share one phrase and are counted. A place holds for
 * every pair of the objects it stands between; in the last form it holds from the first phrase to each of the others.
 * A caption has at most 30 words: sky, then ground are left out where it would have more.
 */
import type { Attributes, Ground, Shape, Sky } from "./attributes.js";
import { Draws } from "./draws.js";
import type { Scene } from "./scene.js";
import { boxArea, inverseDepth, projectCentre, silhouetteBox } from "./scene-view.js";
import { tokenLength, wordsOfCaption } from "./vocabulary.js";

/** An object as found in a picture. What is not known is left out of the caption. */
export interface Detection {
  readonly shape: Shape;
  readonly colour?: Attributes["colour"];
  readonly size?: Attributes["size"];
  readonly material?: Attributes["material"];
  /** Horizontal place of its centre, 0 (left) … 1 (right). */
  readonly centreX: number;
  /** Normalised inverse depth, as in a depth map: nearer is larger. */
  readonly depth: number;
  /** Share of the picture it covers, 0 … 1. */
  readonly area: number;
}

/** What the objects stand on and under, where known. */
export interface Backdrop {
  readonly ground?: Ground;
  readonly sky?: Sky;
}

/** Places nearer together than this are neither left nor right (picture widths), neither before nor behind (depth). */
const placeMargins = { across: 0.14, depth: 0.055 };

interface Style {
  readonly size: boolean;
  readonly colour: boolean;
  readonly material: boolean;
  /** Say where things stand to each other. */
  readonly places: boolean;
  /** Prefer the second-best place word, where two hold. */
  readonly otherPlace: boolean;
  readonly ground: boolean;
  readonly sky: boolean;
  readonly order: (a: Group, b: Group) => number;
}

/** Objects that one phrase tells. */
interface Group {
  readonly phrase: string;
  readonly members: readonly Detection[];
}

const orders: readonly Style["order"][] = [
  (a, b) => mean(a, "centreX") - mean(b, "centreX"),
  (a, b) => mean(b, "centreX") - mean(a, "centreX"),
  (a, b) => mean(b, "depth") - mean(a, "depth"),
  (a, b) => mean(b, "area") - mean(a, "area"),
];

/** The caption style that tells every attribute of every object, and nothing of ground and sky. */
export const fullCaption = 0;

function styleOf(variant: number): Style {
  if (variant === fullCaption) {
    const all = { size: true, colour: true, material: true, places: true, otherPlace: false };
    return { ...all, ground: false, sky: false, order: orders[0] };
  }
  const draws = new Draws(0x63617074, variant);
  const full = draws.chance(0.35);
  return {
    size: full || draws.chance(0.5),
    colour: full || draws.chance(0.85),
    material: full || draws.chance(0.4),
    places: draws.chance(0.65),
    otherPlace: draws.chance(0.35),
    ground: draws.chance(0.5),
    sky: draws.chance(0.35),
    order: draws.pick(orders),
  };
}

function mean(group: Group, field: "centreX" | "depth" | "area"): number {
  return group.members.reduce((sum, member) => sum + member[field], 0) / group.members.length;
}

const countWords = ["no", "a", "two", "three", "four"];

function groupsOf(detections: readonly Detection[], style: Style): Group[] {
  const byNoun = new Map<string, Detection[]>();
  for (const found of detections) {
    const told = [
      style.size && found.size,
      style.colour && found.colour,
      style.material && found.material,
      found.shape,
    ];
    const noun = told.filter(Boolean).join(" ");
    byNoun.set(noun, [...(byNoun.get(noun) ?? []), found]);
  }
  const groups = [...byNoun].map(([noun, members]) => {
    const many = members.length > 1 ? "s" : "";
    return { phrase: `${countWords[members.length]} ${noun}${many}`, members };
  });
  return groups.sort(style.order);
}

/** The place word from `a` to `b` that holds for every pair, the clearest first (or second, where the style says so). */
function placeOf(a: Group, b: Group, style: Style): string | undefined {
  // Scores above 1 hold; a pair's smallest counts.
  const least = (score: (one: Detection, other: Detection) => number) =>
    Math.min(...a.members.flatMap((one) => b.members.map((other) => score(one, other))));
  const across = (one: Detection, other: Detection) => (other.centreX - one.centreX) / placeMargins.across;
  const nearer = (one: Detection, other: Detection) => (one.depth - other.depth) / placeMargins.depth;
  const holding = [
    { word: "left of", score: least(across) },
    { word: "right of", score: least((one, other) => across(other, one)) },
    { word: "in front of", score: least(nearer) },
    { word: "behind", score: least((one, other) => nearer(other, one)) },
  ].filter(({ score }) => score > 1);
  holding.sort((one, other) => other.score - one.score);
  return (holding[style.otherPlace ? 1 : 0] ?? holding[0])?.word;
}

function thingsOf(groups: readonly Group[], style: Style): string {
  const [first, second, third] = groups;
  const places = style.places && groups.length <= 3 ? groups.slice(1).map((group) => placeOf(first, group, style)) : [];
  if (groups.length === 2 && places[0]) return `${first.phrase} ${places[0]} ${second.phrase}`;
  if (groups.length === 3 && places[0] && places[1]) {
    const again = places[1] === places[0] ? "" : `${places[1]} `;
    return `${first.phrase} ${places[0]} ${second.phrase} and ${again}${third.phrase}`;
  }
  const phrases = groups.map((group) => group.phrase);
  const last = phrases.pop() ?? "";
  return phrases.length > 0 ? `${phrases.join(", ")} and ${last}` : last;
}

/**
 * The caption of objects found in a picture, in the words scenes are told in. `variant` 0 tells everything that is
 * known of the objects and nothing else; any other whole number fixes one style of telling (what is left out, order,
 * place words, ground, sky). At most four objects: of more, the four largest. None at all gives "".
 */
export function captionFromDetections(objects: readonly Detection[], backdrop: Backdrop = {}, variant = 0): string {
  if (objects.length === 0) return "";
  const style = styleOf(variant);
  const largest = [...objects].sort((a, b) => b.area - a.area).slice(0, 4);
  let caption = thingsOf(groupsOf(largest, style), style);
  const onGround = style.ground && backdrop.ground ? ` on a ${backdrop.ground} floor` : "";
  const underSky = style.sky && backdrop.sky ? ` under a ${backdrop.sky} sky` : "";
  for (const addition of [onGround, underSky]) {
    if (wordsOfCaption(caption + addition).length <= tokenLength - 2) caption += addition;
  }
  return caption;
}

/** The scene's objects as an exact detector would find them. */
export function detectionsOf(scene: Scene): Detection[] {
  return scene.objects.map((object) => {
    const centre = projectCentre(scene.camera, object);
    const { shape, colour, size, material } = object;
    const area = boxArea(silhouetteBox(scene.camera, object));
    return { shape, colour, size, material, centreX: centre.u, depth: inverseDepth(centre.depth), area };
  });
}

/** A true caption of the scene; `variant` as in `captionFromDetections`. The same arguments give the same words. */
export function captionOf(scene: Scene, variant: number): string {
  return captionFromDetections(detectionsOf(scene), scene, variant);
}
