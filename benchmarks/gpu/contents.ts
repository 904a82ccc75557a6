/**
 * What tensors hold before a program runs, and what is known of them after, in little: rules that benchmarks/gpu/cases.py
 * follows too, so that both sides have the same numbers and neither has to carry them.
 *
 *     normal   element i is mean + std · block[(first + i) mod 65521], rounded to f32 and then to the tensor's dtype, where
 *              block are the first normals of seeded(1); 65,521 is prime, so rows of a matrix do not repeat
 *     bytes    the tensor's bytes, repeated until it is full
 *
 * A result is known by its norm and by 16 sums of its elements, each with signs of its own, from the bits of seeded(2). The
 * mean of the squared differences of such sums is, in expectation, ‖out − ref‖²: an error in any element shows.
 */
import { seeded } from "../../test/random.js";

/** The second is base64. */
export type Fill =
  | { readonly normal: readonly [mean: number, std: number, first: number] }
  | { readonly bytes: string };

export interface Digest {
  readonly norm: number;
  readonly sums: readonly number[];
}

const blockLength = 65521;
const sumCount = 16;
const block = seeded(1).normals(blockLength);

/** The fill of the tensor with the number `index` in its case: no two begin at the same place. */
export function normalFill(index: number, { mean = 0, std = 1 } = {}): Fill {
  return { normal: [mean, std, (index * 7919) % blockLength] };
}

export function bytesFill(data: ArrayBufferView): Fill {
  return { bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
}

/** The first `count` numbers of a normal fill, in f32. */
export function normalsOf({ normal: [mean, std, first] }: Extract<Fill, { normal: unknown }>, count: number) {
  return Float64Array.from({ length: count }, (_, i) => Math.fround(mean + std * block[(first + i) % blockLength]));
}

export function digestOf(numbers: Float64Array): Digest {
  const random = seeded(2);
  const sums = new Array<number>(sumCount).fill(0);
  let squares = 0;
  for (const number of numbers) {
    const bits = random.uniform() * 2 ** 32;
    squares += number * number;
    for (let j = 0; j < sumCount; j++) sums[j] += (bits >>> j) & 1 ? -number : number;
  }
  return { norm: Math.sqrt(squares), sums };
}
