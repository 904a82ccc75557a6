/**
 * What an object can be, as closed lists. Their order is part of trained weights and saved files: append, never reorder.
 */

export const shapes = ["sphere", "cube", "cylinder"] as const;
export const colours = ["gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow"] as const;
export const sizes = ["small", "large"] as const;
/** `rubber` is matte, `metal` reflects its surroundings. */
export const materials = ["rubber", "metal"] as const;

export type Shape = (typeof shapes)[number];
export type Colour = (typeof colours)[number];
export type Size = (typeof sizes)[number];
export type Material = (typeof materials)[number];

/** What an object is, whatever its place. */
export interface Attributes {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
  readonly material: Material;
}
