/** Flags as they come from the shell, made the values that the API takes; the API's own schemas check them. */
import type { Command } from "commander";
import type { TSchema } from "typebox";
import { loadOptions } from "../composer/options.js";
import { refuse } from "../conditions/condition.js";
import type { Rectangle } from "../conditions/masking.js";
import type { WeightedColour } from "../conditions/palette.js";

/** A number, or the text itself where it is none, so that the check names what came. */
export function numeric(text: string): number | string {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

/** "sketch, depth" as a list of names. */
export function nameList(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** "#aa3311:2,#224466" as colours with weights; 1 where none is given. */
export function coloursOf(text: string): WeightedColour[] {
  return nameList(text).map((item) => {
    const [hex, weight = "1", ...rest] = item.split(":");
    const value = rest.length === 0 ? numeric(weight) : weight;
    if (typeof value !== "number") refuse("CP_ARG_RANGE", "--palette", "colours like #aa3311 or #aa3311:2", item);
    return { hex, weight: value };
  });
}

/** "x,y,width,height" in pixels of the square picture. Throws CP_ARG_RANGE. */
export function rectangleOf(text: string): Rectangle {
  const numbers = text.split(",").map(numeric);
  if (numbers.length !== 4 || !numbers.every((value) => typeof value === "number")) {
    refuse("CP_ARG_RANGE", "--repaint", "four numbers x,y,width,height", text);
  }
  const [left, top, width, height] = numbers as number[];
  return { left, top, width, height };
}

/** The help text of an option of the API: its description and default, from its schema. */
export function helpOf(schema: TSchema): string {
  const { description = "", default: value } = schema as { description?: string; default?: unknown };
  return value === undefined ? description : `${description} (default: ${value})`;
}

export interface LoadFlags {
  readonly device?: string;
  readonly threads?: number;
  readonly isa?: string;
  readonly dtype?: string;
  readonly weights?: string;
}

/** Adds the flags of `Composer.load`. */
export function addLoadFlags(command: Command): Command {
  const { device, threads, isa, dtype, weights } = loadOptions.properties;
  return command
    .option("--device <name>", helpOf(device))
    .option("--threads <n>", helpOf(threads), numeric)
    .option("--isa <name>", helpOf(isa))
    .option("--dtype <name>", helpOf(dtype))
    .option("--weights <folder>", helpOf(weights));
}

/** The options of `Composer.load` among a command's flags. */
export function loadOptionsOf({ device, threads, isa, dtype, weights }: LoadFlags): object {
  return { device, threads, isa, dtype, weights };
}
