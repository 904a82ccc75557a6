/** The operands of an op case: the same random numbers for every contender, in this engine's layouts. */
import { seeded } from "../test/random.js";
import type { OpCase } from "./cases.js";

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

export const lengthOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Normals; a weight's are scaled so that results are of size one. */
export function operandsOf(work: OpCase, seed: number): Record<string, Float32Array> {
  const operands: Record<string, Float32Array> = {};
  for (const [index, [name, shape]] of Object.entries(shapesOf(work)).entries()) {
    if (name === "y") continue;
    const random = seeded(seed + index);
    const scale = name === "weight" ? 1 / Math.sqrt(lengthOf(shape.slice(0, -1))) : 1;
    operands[name] = Float32Array.from({ length: lengthOf(shape) }, () => scale * random.normal());
  }
  return operands;
}
