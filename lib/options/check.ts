/**
 * Options from outside, checked once at the boundary against a schema that is also their documentation.
 *
 * Schemas are written with typebox and are plain JSON Schema; every property carries a `description` and, where it has
 * one, a `default`.
 */
import type { Static, TObject } from "typebox";
import { Value } from "typebox/value";
import { CounterpointError, quoted } from "../graph/error.js";

interface PropertySchema {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly items?: PropertySchema;
}

/**
 * `options` with every default filled in, frozen. Throws CP_ARG_UNKNOWN (with the nearest known name), CP_ARG_TYPE or
 * CP_ARG_RANGE, naming the option, what was expected and what came.
 */
export function checkOptions<T extends TObject>(schema: T, options: unknown, where: string): Readonly<Static<T>> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new CounterpointError("CP_ARG_TYPE", `${where} must be an object of options, got ${quoted(options)}.`, {
      details: { where, expected: "object" },
    });
  }
  const properties = schema.properties as Record<string, PropertySchema>;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(properties, name)) throw unknownOption(where, name, Object.keys(properties));
    if (!Value.Check(schema.properties[name], given[name])) throw badOption(where, name, properties[name], given[name]);
  }
  const filled = Value.Default(schema, { ...given }) as Record<string, unknown>;
  const missing = (schema.required as readonly string[] | undefined)?.find((name) => filled[name] === undefined);
  if (missing !== undefined) throw badOption(where, missing, properties[missing], undefined);
  return Object.freeze(filled) as Static<T>;
}

/** The known name nearest to `name`, if it is near enough to have been meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  scored.sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

function unknownOption(where: string, name: string, known: readonly string[]): CounterpointError {
  const meant = nearestName(name, known);
  const advice = meant ? `did you mean "${meant}"?` : `known options: ${known.join(", ")}.`;
  return new CounterpointError("CP_ARG_UNKNOWN", `${where}: there is no option ${quoted(name)}; ${advice}`, {
    details: { where, option: name, didYouMean: meant ?? null, known },
  });
}

function badOption(where: string, name: string, schema: PropertySchema, value: unknown): CounterpointError {
  // Of a list the item that is wrong, where it is one.
  const isList = schema.items !== undefined && Array.isArray(value);
  const words = wordsOf(isList ? schema.items! : schema);
  const item: unknown = isList && words ? value.find((word) => !words.includes(word)) : value;
  const isNumber = (schema.type === "number" || schema.type === "integer") && typeof value === "number";
  const meant = words && typeof item === "string" ? nearestName(item, words) : undefined;
  const expected = expectation(schema);
  const got = described(item);
  const advice = meant ? `; did you mean "${meant}"?` : ".";
  const code = isNumber || words ? "CP_ARG_RANGE" : "CP_ARG_TYPE";
  return new CounterpointError(code, `${where}: option "${name}" must be ${expected}, got ${got}${advice}`, {
    details: { where, option: name, expected, got, ...(meant ? { didYouMean: meant } : {}) },
  });
}

function described(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? quoted(value) : quoted(value).slice(1, -1);
}

/** The words that a choice takes. */
function wordsOf({ anyOf }: PropertySchema): string[] | undefined {
  const words = anyOf?.flatMap((choice) => (typeof choice.const === "string" ? [choice.const] : []));
  return words?.length ? words : undefined;
}

function expectation(schema: PropertySchema): string {
  const words = wordsOf(schema)?.map((word) => JSON.stringify(word));
  if (words) return `one of ${words.join(", ")}`;
  if (schema.items) return `a list, each ${expectation(schema.items)}`;
  const article = schema.type === "integer" ? "an integer" : `a ${schema.type ?? "valid value"}`;
  if (schema.minimum === undefined && schema.maximum === undefined) return article;
  return `${article} from ${schema.minimum ?? "−∞"} to ${schema.maximum ?? "∞"}`;
}

/** Levenshtein distance, ignoring case. */
function editDistance(first: string, second: string): number {
  const a = first.toLowerCase();
  const b = second.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
