/** Where the leaves of graphs lie in a region: one after another, each at a multiple of `alignment`. */
import { CounterpointError } from "../graph/error.js";
import { dtypeBytes, type Value } from "../graph/graph.js";
import { product, sameShape } from "../graph/pattern.js";
import { alignment, type Layout, type Operand, type Region } from "../program/program.js";

/**
 * A layout of `leaves` in `region`, in their order. Leaves of several graphs that share a name share their memory.
 * Throws CP_GRAPH_INVALID where two of one name differ in shape, dtype or kind.
 */
export function layoutOf(region: Region, leaves: Iterable<Value>): Layout {
  const tensors = new Map<string, Operand>();
  const kinds = new Map<string, string>();
  let bytes = 0;
  for (const { leaf, shape, dtype } of leaves) {
    const { name, kind } = leaf!;
    const known = tensors.get(name);
    if (known) {
      if (sameShape(known.shape, shape) && known.dtype === dtype && kinds.get(name) === kind) continue;
      const first = `${kinds.get(name)} ${known.dtype} [${known.shape}]`;
      throw new CounterpointError("CP_GRAPH_INVALID", `"${name}" is ${first} and again ${kind} ${dtype} [${shape}]`, {
        phase: "compile",
      });
    }
    tensors.set(name, { region, offset: bytes, dtype, shape, rowStride: shape.at(-1) ?? 1 });
    kinds.set(name, kind);
    bytes += aligned(product(shape) * dtypeBytes[dtype]);
  }
  return { tensors, bytes };
}

/** `bytes` rounded up to a multiple of `alignment`. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Where the leaf lies in the first layout that has it. Throws CP_GRAPH_INVALID if none does, in its shape and dtype. */
export function placeOfLeaf(layouts: readonly Layout[], { leaf, shape, dtype }: Value): Operand {
  const { kind, name } = leaf!;
  for (const { tensors } of layouts) {
    const place = tensors.get(name);
    if (place && sameShape(place.shape, shape) && place.dtype === dtype) return place;
  }
  throw new CounterpointError("CP_GRAPH_INVALID", `${kind} "${name}" ${dtype} [${shape}] is in no layout`, {
    phase: "compile",
  });
}
