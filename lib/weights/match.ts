/** Whether a file holds exactly the tensors that a net needs. */
import { quoted } from "../graph/error.js";
import { weightsError } from "./header-reader.js";
import type { Weights } from "./safetensors.js";

/** Names listed in one message. */
const listed = 20;

/**
 * Checks `weights` against the names and shapes that a graph declares. Throws CP_WEIGHTS_MISSING, CP_WEIGHTS_SHAPE or
 * CP_WEIGHTS_UNEXPECTED, each with every name concerned (the first twenty in the message).
 */
export function matchWeights(weights: Weights, wanted: ReadonlyMap<string, readonly number[]>, file: string): void {
  const names = [...wanted.keys()];
  const missing = names.filter((name) => !weights.tensors.has(name));
  if (missing.length > 0) throw mismatch("CP_WEIGHTS_MISSING", file, "lacks", missing);
  const shapeOf = (name: string) => weights.tensors.get(name)!.shape.join("×");
  const misshapen = names.filter((name) => shapeOf(name) !== wanted.get(name)!.join("×"));
  if (misshapen.length > 0) {
    const [name] = misshapen;
    const what = `has ${quoted(name)} as ${shapeOf(name)} instead of ${wanted.get(name)!.join("×")}; of another shape are`;
    throw mismatch("CP_WEIGHTS_SHAPE", file, what, misshapen);
  }
  const extra = [...weights.tensors.keys()].filter((name) => !wanted.has(name));
  if (extra.length > 0) throw mismatch("CP_WEIGHTS_UNEXPECTED", file, "has in excess", extra);
}

function mismatch(code: string, file: string, what: string, names: readonly string[]) {
  const list = names.slice(0, listed).map((name) => quoted(name));
  const more = names.length > listed ? ` and ${names.length - listed} more` : "";
  return weightsError(code, file, `${what} ${names.length}: ${list.join(", ")}${more}`, { tensors: names });
}
