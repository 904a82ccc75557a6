/** Whether the parameters given are the ones that the graphs declare; every difference in one error. */
import { CounterpointError, quoted } from "../graph/error.js";
import type { Shape } from "../graph/graph.js";
import { product, sameShape } from "../graph/pattern.js";
import type { WeightsTensor } from "../weights/safetensors.js";

/** Names listed of each kind of difference. */
const listed = 20;

/**
 * Throws CP_WEIGHTS_MISSING, CP_WEIGHTS_SHAPE or CP_WEIGHTS_UNEXPECTED, the first of these that applies, unless `given`
 * has exactly the parameters of `expected`, each an f32 tensor of its leaf's shape. The message counts and names the
 * first 20 of every kind; `details` has them as data. `source` says where the parameters come from.
 */
export function checkParameters(
  expected: ReadonlyMap<string, { readonly shape: Shape }>,
  given: ReadonlyMap<string, WeightsTensor>,
  source = "the parameters",
): void {
  const missing = [...expected.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !expected.has(name));
  const mismatched: { name: string; expected: string; got: string }[] = [];
  for (const [name, { shape }] of expected) {
    const tensor = given.get(name);
    if (!tensor || fits(tensor, shape)) continue;
    const kind = tensor.data instanceof Float32Array ? "f32" : quoted(typeof tensor.data);
    const got = `${kind} [${tensor.shape}] of ${tensor.data?.length} elements`;
    mismatched.push({ name, expected: `f32 [${shape}]`, got });
  }
  const wrong = [
    ["CP_WEIGHTS_MISSING", missing, "missing"],
    [
      "CP_WEIGHTS_SHAPE",
      mismatched.map(({ name, expected, got }) => `${name} (${got}, expected ${expected})`),
      "of another shape",
    ],
    ["CP_WEIGHTS_UNEXPECTED", unexpected, "not in the model"],
  ] as const;
  const first = wrong.find(([, names]) => names.length > 0);
  if (!first) return;
  const parts = wrong.flatMap(([, names, what]) => (names.length > 0 ? `${names.length} ${what}: ${list(names)}` : []));
  throw new CounterpointError(first[0], `${source} do not fit the model: ${parts.join("; ")}`, {
    phase: "load",
    details: {
      source,
      missing: missing.slice(0, listed),
      mismatched: mismatched.slice(0, listed),
      unexpected: unexpected.slice(0, listed),
      counts: { missing: missing.length, mismatched: mismatched.length, unexpected: unexpected.length },
    },
  });
}

function fits({ shape, data }: WeightsTensor, expected: readonly number[]): boolean {
  return sameShape(shape, expected) && data instanceof Float32Array && data.length === product(expected);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, listed).map((name) => quoted(name, 160));
  return shown.join(", ") + (names.length > listed ? ", …" : "");
}
