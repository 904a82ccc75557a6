/**
 * What a scene can be made of, as closed lists: every word of a caption, every class of `percept-mini` and every code in
 * a packed scene comes from here. The order is part of the packed layout and of trained weights: append, never reorder.
 */

import { type Attributes, colours, materials, shapes } from "../conditions/attributes.js";

export * from "../conditions/attributes.js";

export const grounds = ["gray", "sandy", "checkered", "wooden", "grassy"] as const;
export const skies = ["blue", "cloudy", "sunset", "night"] as const;

export type Ground = (typeof grounds)[number];
export type Sky = (typeof skies)[number];

/** Shape, colour and material: the part of an object's attributes by which combinations are held out. */
export type Combination = Pick<Attributes, "shape" | "colour" | "material">;

/**
 * The 5 of the 48 combinations that never occur in a training scene; every held-out scene has at least one. Each shape,
 * colour and material on its own stays common in training.
 */
export const heldOutCombinations: readonly Combination[] = [
  { shape: "sphere", colour: "cyan", material: "rubber" },
  { shape: "sphere", colour: "red", material: "metal" },
  { shape: "cube", colour: "purple", material: "metal" },
  { shape: "cube", colour: "green", material: "rubber" },
  { shape: "cylinder", colour: "yellow", material: "metal" },
];

/** Whether this combination is kept out of training. */
export function isHeldOut({ shape, colour, material }: Combination): boolean {
  return heldOutCombinations.some(
    (held) => held.shape === shape && held.colour === colour && held.material === material,
  );
}

/** Every shape in every colour and material. */
export const allCombinations: readonly Combination[] = shapes.flatMap((shape) =>
  colours.flatMap((colour) => materials.map((material) => ({ shape, colour, material }))),
);

/** All combinations that a training scene may contain. */
export const trainCombinations: readonly Combination[] = allCombinations.filter((one) => !isHeldOut(one));
