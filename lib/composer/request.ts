/**
 * Parts and options from outside -> one frozen request: every default filled in, every user error raised, nothing
 * allocated on a device yet.
 */
import { type Branch, guidanceBranches } from "../algebra/branches.js";
import { type ConditionName, conditionNames, refuse } from "../conditions/condition.js";
import { encodeParts } from "../conditions/model-conditions.js";
import type { EncodedConditions } from "../conditions/model-inputs.js";
import type { Palette, WeightedColour } from "../conditions/palette.js";
import { checkParts, conditions, type Parts } from "../conditions/parts.js";
import { tokenize } from "../data/vocabulary.js";
import { CounterpointError, quoted } from "../graph/error.js";
import type { UnetConfig } from "../models/unet-config.js";
import { checkOptions } from "../options/check.js";
import { type ComposeOptions, composeOptions } from "./options.js";

/** Parts as a user may give them: a palette may be a list of colours. */
export type PartsInput = Omit<Parts, "palette"> & { palette?: Palette | readonly (string | WeightedColour)[] };

/** Everything a composition depends on, apart from the model. */
export interface Request extends Required<Omit<ComposeOptions, "signal">> {
  readonly parts: Readonly<Parts>;
  /** The names of the parts, in the order of `conditionNames`. */
  readonly given: readonly ConditionName[];
  /** Branches that differ, at most two; their weights add up to 1. */
  readonly branches: readonly Branch[];
  /** Ids of the caption; null without one. */
  readonly tokens: Int32Array | null;
  /** The parts as they enter the net, all but the caption. */
  readonly encoded: EncodedConditions;
  readonly signal?: AbortSignal;
}

/**
 * Throws CP_ARG_UNKNOWN, CP_ARG_TYPE, CP_ARG_RANGE, CP_ARG_SHAPE (a part that does not fit the model), CP_ARG_CONFLICT
 * (`unguided` names what is not given), CP_CANCELLED (the signal is raised already).
 */
export function requestOf(parts: unknown, options: unknown, config: UnetConfig): Request {
  const checked = checkOptions(composeOptions, options ?? {}, "compose()") as Required<ComposeOptions>;
  const signal = checkSignal(checked.signal, "compose()");
  const value = checkParts(parts);
  const given = conditionNames.filter((name) => value[name] !== undefined);
  checkSizes(value, config);
  const unguided = checked.unguided ?? given.filter((name) => conditions[name].kind === "local");
  const notGiven = unguided.find((name) => !given.includes(name));
  if (notGiven) throw unguidedConflict(notGiven, given);
  return Object.freeze({
    ...checked,
    signal,
    parts: Object.freeze(value),
    given,
    unguided,
    branches: guidanceBranches(new Set(unguided), new Set(given), checked.guidance),
    tokens: value.caption === undefined ? null : tokenize(value.caption),
    encoded: encodeParts(config, value, undefined),
  });
}

/** A signal from outside. Throws CP_ARG_TYPE for anything else, CP_CANCELLED for one that is raised. */
export function checkSignal(signal: unknown, where: string): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (!(signal instanceof AbortSignal)) refuse("CP_ARG_TYPE", `the signal of ${where}`, "an AbortSignal", signal);
  if (signal.aborted) {
    throw new CounterpointError("CP_CANCELLED", `${where} was cancelled before it began.`, {
      phase: "sample",
      cause: signal.reason,
    });
  }
  return signal;
}

/** Planes are brought to the net's size; what cannot be is refused. */
function checkSizes({ semantics, palette, masking }: Parts, { embedding, palette: bins, imageSize }: UnetConfig): void {
  if (semantics && semantics.length !== embedding) {
    refuse("CP_ARG_SHAPE", "the semantics", `${embedding} numbers, which this model's image encoder gives`, semantics);
  }
  if (palette && palette.histogram.length !== bins) {
    refuse("CP_ARG_SHAPE", "the palette", `${bins} bins, which this model reads`, palette.histogram);
  }
  if (masking && (masking.width !== imageSize || masking.height !== imageSize)) {
    const expected = `${imageSize} × ${imageSize} pixels, since kept pixels are put back exactly`;
    refuse("CP_ARG_SHAPE", "the masking", expected, `${masking.width} × ${masking.height}`);
  }
}

function unguidedConflict(name: ConditionName, given: readonly ConditionName[]): CounterpointError {
  const list = given.join(", ") || "none";
  return new CounterpointError(
    "CP_ARG_CONFLICT",
    `compose(): option "unguided" names ${quoted(name)}, which is not among the parts (${list}).`,
    { details: { option: "unguided", got: name, expected: given } },
  );
}
