/** The operands of a case: the same random numbers for every contender, in this engine's layouts. */
import { product } from "../lib/graph/pattern.js";
import type { TensorMap } from "../lib/weights/safetensors.js";
import { seeded } from "../test/random.js";
import { type Case, isOp, type OpCase } from "./cases.js";
import { trainingOperands } from "./training.js";

/** The operands' shapes, in the order and under the names of the op's definition; `y` is the result's. */
export function shapesOf(work: OpCase): Record<string, readonly number[]> {
  switch (work.kind) {
    case "conv": {
      const { batch, size, inputs, outputs, kernel } = work;
      return {
        x: [batch, size, size, inputs],
        weight: [kernel, kernel, inputs, outputs],
        bias: [outputs],
        y: [batch, size, size, outputs],
      };
    }
    case "linear": {
      const { rows, inputs, outputs } = work;
      return { x: [rows, inputs], weight: [inputs, outputs], bias: [outputs], y: [rows, outputs] };
    }
    case "attention": {
      const { batch, queries, keys, heads, width } = work;
      const [q, kv] = [queries, keys].map((tokens) => [batch, tokens, heads * width]);
      return { q, k: kv, v: kv, y: q };
    }
    case "groupNorm": {
      const { batch, size, channels } = work;
      const x = [batch, size, size, channels];
      return { x, gamma: [channels], beta: [channels], y: x };
    }
  }
}

/** What contenders must have alike: nothing where results are not compared. */
export async function operandsOf(work: Case, seed: number): Promise<TensorMap> {
  if (work.kind === "train") return trainingOperands(work.batch, seed);
  return isOp(work) ? opOperands(work, seed) : new Map();
}

/** Normals; a weight's are scaled so that results are of size one. */
function opOperands(work: OpCase, seed: number): TensorMap {
  const operands: TensorMap = new Map();
  for (const [index, [name, shape]] of Object.entries(shapesOf(work)).entries()) {
    if (name === "y") continue;
    const random = seeded(seed + index);
    const scale = name === "weight" ? 1 / Math.sqrt(product(shape.slice(0, -1))) : 1;
    const data = Float32Array.from({ length: product(shape) }, () => scale * random.normal());
    operands.set(name, { shape, data });
  }
  return operands;
}
