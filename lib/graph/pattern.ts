/**
 * Shape patterns: `"N H W C"`, `"... I"`, `"N (H*up)/stride (W*up)/stride O"`.
 *
 * Words are separated by spaces, one a dimension. A bare name binds a size at its first appearance and must equal it
 * afterwards; `...` stands for any number of dimensions, the same ones wherever it appears, and binds `rows` to their
 * product; anything else is an expression of bound names (see expression.ts).
 */
import { type Expression, evaluateExpression, parseExpression } from "./expression.js";

export type Word =
  | { kind: "rest" }
  | { kind: "size"; name: string }
  | { kind: "expression"; tree: Expression; text: string };

/** Sizes bound so far; `rest` holds the dimensions that `...` stands for. */
export interface Binding {
  sizes: Map<string, number>;
  rest: readonly number[] | null;
}

const parsed = new Map<string, readonly Word[]>();

/** The words of `pattern`; parsed once. */
export function parsePattern(pattern: string): readonly Word[] {
  let words = parsed.get(pattern);
  if (!words) {
    words = pattern
      .split(" ")
      .filter((text) => text !== "")
      .map((text): Word => {
        if (text === "...") return { kind: "rest" };
        if (/^[A-Za-z]\w*$/.test(text)) return { kind: "size", name: text };
        return { kind: "expression", tree: parseExpression(text), text };
      });
    parsed.set(pattern, words);
  }
  return words;
}

/** Binds the names of `pattern` to `shape`. Returns what is wrong, or null. Expressions are left for `verifyShape`. */
export function bindShape(pattern: string, shape: readonly number[], binding: Binding): string | null {
  const words = parsePattern(pattern);
  const restLength = shape.length - (words.length - 1);
  const hasRest = words.some((word) => word.kind === "rest");
  if (hasRest ? restLength < 0 : shape.length !== words.length) return `rank ${shape.length} does not fit "${pattern}"`;
  let axis = 0;
  for (const word of words) {
    if (word.kind === "rest") {
      const rest = shape.slice(axis, axis + restLength);
      axis += restLength;
      if (binding.rest === null) {
        binding.rest = rest;
        binding.sizes.set("rows", product(rest));
      } else if (!sameShape(binding.rest, rest)) {
        return `leading dimensions [${rest}] differ from [${binding.rest}]`;
      }
      continue;
    }
    const size = shape[axis++];
    if (word.kind === "expression") continue;
    const bound = binding.sizes.get(word.name);
    if (bound === undefined) binding.sizes.set(word.name, size);
    else if (bound !== size) return `${word.name} is ${size} here and ${bound} before`;
  }
  return null;
}

/** The shape that `pattern` gives under `binding`, or a text that says which word has no whole positive value. */
export function resolveShape(pattern: string, binding: Binding): readonly number[] | string {
  const shape: number[] = [];
  for (const word of parsePattern(pattern)) {
    if (word.kind === "rest") {
      if (binding.rest === null) return `"..." is not bound by any operand`;
      shape.push(...binding.rest);
      continue;
    }
    const tree: Expression = word.kind === "size" ? { kind: "name", name: word.name } : word.tree;
    const size = evaluateExpression(tree, binding.sizes);
    const text = word.kind === "size" ? word.name : word.text;
    if (size === undefined || !Number.isSafeInteger(size) || size < 1) return `"${text}" has no whole positive value`;
    shape.push(size);
  }
  return shape;
}

/** The number of elements of `shape`. */
export function product(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
