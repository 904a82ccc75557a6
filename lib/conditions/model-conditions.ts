/** Parts in the form in which they enter the net; what needs a network (caption, semantics) comes encoded already. */
import { type LocalName, localNames, type UnetConfig } from "../models/unet-config.js";
import type { EncodedConditions } from "./model-inputs.js";
import { conditions, type Parts } from "./parts.js";

/** Planes and vectors of `parts` at the sizes of `config`; `caption` as `TextEncoder` gives it. */
export function encodeParts(
  config: UnetConfig,
  parts: Parts,
  caption: EncodedConditions["caption"],
): EncodedConditions {
  const locals: Partial<Record<LocalName, Float32Array>> = {};
  for (const name of localNames) {
    const plane = planeOf(name, parts, config.locals.planeSize);
    if (plane) locals[name] = plane;
  }
  return { caption, semantics: parts.semantics, palette: parts.palette?.toVector(), locals };
}

function planeOf<K extends LocalName>(name: K, parts: Parts, size: number): Float32Array | undefined {
  const value = parts[name];
  return value === undefined
    ? undefined
    : (conditions[name].toPlane as (value: unknown, size: number) => Float32Array)(value, size);
}
