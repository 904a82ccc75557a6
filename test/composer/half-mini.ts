/** composer-mini over pictures of half the side, for a quarter of the work, and what one step of it reads. */
import type { Graph } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import { composerMini } from "../../lib/models/presets.js";
import { seeded } from "../random.js";

const side = composerMini.imageSize / 2;
export const halfMini = { ...composerMini, imageSize: side, locals: { ...composerMini.locals, planeSize: side } };

/** Noise for whatever the net reads, every condition there, and one step's coefficients. */
export function stepInputs(graph: Graph): Record<string, Float32Array | Int32Array> {
  const random = seeded(7);
  const inputs = [...graph.leaves.values()].filter(({ leaf }) => leaf!.kind === "input");
  const chosen: Record<string, readonly number[]> = {
    t: [500],
    branchWeights: [2, -1],
    clean: [0.7, -0.7, 0],
    next: [0.5, 0.5, 0],
  };
  return Object.fromEntries(
    inputs.map(({ leaf, shape, dtype }) => {
      const { name } = leaf!;
      if (dtype === "i32") return [name, new Int32Array(product(shape)).fill(3)];
      const values = Float32Array.from(random.normals(product(shape)));
      const fixed = name.startsWith("mask") ? [1] : chosen[name];
      return [name, fixed ? values.map((_, i) => fixed[i % fixed.length]) : values];
    }),
  );
}
