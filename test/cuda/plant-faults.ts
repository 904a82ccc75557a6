/**
 * Faults for sources of CUDA kernels, all planted at once and chosen by a variable of the environment when they run: a
 * statement that orders memory is left out, a bound is not kept. `faultsOf` says which.
 */

/** A place in a source, and what stands there with the fault: empty for a statement, which is left out. */
export interface Fault {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Declares `plantedFault`, for sources with faults. */
export const choice = `#include <cstdlib>
inline const int plantedFault = std::getenv("PLANTED_FAULT") ? std::atoi(std::getenv("PLANTED_FAULT")) : 0;
`;

/**
 * All faults of a source's kernels and the functions that they call, from the first to the last: every barrier, every wait for
 * copies and every end of a group of them left out; every bound by `least` dropped; every comparison by < or <= made true, and
 * every other one both true and false, since which of them lies in bounds only a reader knows; and every loop that counts
 * to a bound taking one turn more. How often an unrolled loop turns is no bound: a compiler must know it.
 */
export function faultsOf(source: string): readonly Fault[] {
  const code = onlyOnDevice(source.replace(/\/\/.*/g, (comment) => " ".repeat(comment.length)));
  const statements = [...code.matchAll(/\b(synchronize|waitForCopies<.*?>|commitCopies)\(\);/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    replacement: "",
  }));
  const least = [...code.matchAll(/\bleast\(/g)].map((match) => leastAt(code, match.index));
  const comparisons = [...code.matchAll(/ (<|<=|>|>=|==|!=) /g)].flatMap((match) => comparisonAt(code, match.index));
  return [...statements, ...least, ...comparisons].sort((a, b) => a.start - b.start);
}

/** `source` with all its faults, numbered from `first` on; of several at one place the first that is chosen stands. */
export function plant(source: string, faults: readonly Fault[], first: number): string {
  const numbered = faults.map((fault, index) => ({ ...fault, chosen: `plantedFault == ${first + index}` }));
  const within = (start: number, end: number): string => {
    let planted = "";
    let from = start;
    for (const place of numbered.filter((it) => it.start >= start && it.end <= end)) {
      if (place.start < from || (place.start === start && place.end === end)) continue;
      planted += source.slice(from, place.start) + at(place.start, place.end);
      from = place.end;
    }
    return planted + source.slice(from, end);
  };
  const at = (start: number, end: number): string =>
    numbered
      .filter((it) => it.start === start && it.end === end)
      .reduce(
        (sound, { chosen, replacement }) =>
          replacement ? `(${chosen} ? ${replacement} : (${sound}))` : `if (!(${chosen})) ${sound}`,
        within(start, end),
      );
  return within(0, source.length);
}

/** `code` with blanks for all but kernels and functions for them. */
function onlyOnDevice(code: string): string {
  let kept = "";
  for (const { index } of code.matchAll(/^ *(DEVICE|KERNEL)\b/gm)) {
    if (index < kept.length) continue;
    const start = code.indexOf("{", index);
    let end = start + 1;
    for (let depth = 1; depth > 0; end++) depth += { "{": 1, "}": -1 }[code[end]] ?? 0;
    kept += code.slice(kept.length, index).replace(/\S/g, " ") + code.slice(index, end);
  }
  return kept + code.slice(kept.length).replace(/\S/g, " ");
}

/** `least(a, b)` that is just a. */
function leastAt(code: string, start: number): Fault {
  const first = code.indexOf("(", start) + 1;
  const comma = endOfTerm(code, first);
  return { start, end: endOfTerm(code, comma + 1) + 1, replacement: `(${code.slice(first, comma)})` };
}

/** Where the term ends that begins at `start` or before. */
function endOfTerm(code: string, start: number): number {
  let end = start;
  for (let depth = 0; end < code.length; end++) {
    if (/[([{]/.test(code[end])) depth++;
    else if (/[)\]}]/.test(code[end]) && depth-- === 0) break;
    if (depth === 0 && /^( &&| \|\|| \?| :|[,;])/.test(code.slice(end, end + 3))) break;
  }
  return end;
}

/** The faults of the comparison whose operator is at `at`; none where it is no condition of a statement. */
function comparisonAt(code: string, at: number): readonly Fault[] {
  const operator = code.slice(at).trimStart().split(" ")[0];
  let start = at;
  for (let depth = 0; start > 0; start--) {
    const before = code.slice(0, start);
    if (/[)\]]$/.test(before)) depth++;
    else if (/[([]$/.test(before) && depth-- === 0) break;
    if (depth === 0 && /(&& |\|\| |[^<>=!]= |\? |: |[,;{}] |return |!)$/.test(before)) break;
  }
  const right = at + operator.length + 2;
  const end = endOfTerm(code, right);
  const line = code.slice(code.lastIndexOf("\n", at) + 1, at);
  if (/constexpr|static_assert/.test(line)) return [];
  const opening = openingBefore(code, at);
  const head = code.slice(0, opening);
  if (/\bwhile $/.test(head)) return [];
  if (!/\bfor $/.test(head)) {
    const replacements = operator.startsWith("<") ? ["true"] : ["true", "false"];
    return replacements.map((replacement) => ({ start, end, replacement }));
  }
  const isCount = /UNROLL for $/.test(head) && !code.slice(opening, at).includes("&&");
  if (operator !== "<" || isCount) return [];
  return [{ start, end, replacement: `${code.slice(start, at)} <= ${code.slice(right, end)}` }];
}

/** Where the parenthesis stands that is open at `at`. */
function openingBefore(code: string, at: number): number {
  let index = at - 1;
  for (let depth = 0; index > 0; index--) {
    if (code[index] === ")") depth++;
    else if (code[index] === "(" && depth-- === 0) break;
  }
  return index;
}
