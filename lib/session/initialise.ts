/**
 * First values of parameters: mean + std·z with z standard normals,
 *
 *     r₀…r₃ = Philox4x32-10, key = seed, counter = (⌊element/4⌋, 64-bit hash of the name, 0)
 *     z = √(−2 ln(1 − r₀/2³²)) · (cos, sin)(2π r₁/2³²), and two more from r₂, r₃      Box & Muller 1958
 *
 * A pure function of seed, name and element: neither the order of the parameters nor which others there are matters.
 */
import type { Value } from "../graph/graph.js";
import { product } from "../graph/pattern.js";
import { philox, type Uint32x2, type Uint32x4, uniform } from "../graph/random.js";
import type { TensorMap } from "../weights/safetensors.js";

/** Elements between two looks at the clock, and how long the event loop may be held. */
const chunk = 4096;
const sliceMs = 10;

/** The initial content of every parameter leaf of `leaves`, by name. `seed` is an integer in 0…2⁵³−1. */
export async function initialise(leaves: Iterable<Value>, seed: number): Promise<TensorMap> {
  const key: Uint32x2 = [seed >>> 0, Math.floor(seed / 2 ** 32)];
  const parameters: TensorMap = new Map();
  let sliceStart = performance.now();
  for (const { leaf, shape } of leaves) {
    const { name, initial } = leaf!;
    const data = new Float32Array(product(shape)).fill(initial.mean);
    const [high, low] = [hash(name, 0x811c9dc5), hash(name, 0x01234567)];
    for (let begin = 0; initial.std !== 0 && begin < data.length; begin += chunk) {
      for (let first = begin; first < Math.min(begin + chunk, data.length); first += 4) {
        const z = normals(philox(key, [first / 4, high, low, 0]));
        for (let i = first; i < Math.min(first + 4, data.length); i++) {
          data[i] = initial.mean + initial.std * z[i - first];
        }
      }
      if (performance.now() - sliceStart < sliceMs) continue;
      await new Promise(setImmediate);
      sliceStart = performance.now();
    }
    parameters.set(name, { shape, data });
  }
  return parameters;
}

function normals([r0, r1, r2, r3]: Uint32x4): readonly number[] {
  const radius0 = Math.sqrt(-2 * Math.log(1 - uniform(r0)));
  const radius1 = Math.sqrt(-2 * Math.log(1 - uniform(r2)));
  const angle0 = 2 * Math.PI * uniform(r1);
  const angle1 = 2 * Math.PI * uniform(r3);
  return [
    radius0 * Math.cos(angle0),
    radius0 * Math.sin(angle0),
    radius1 * Math.cos(angle1),
    radius1 * Math.sin(angle1),
  ];
}

/** 32-bit FNV-1a of `text` from the given basis. */
function hash(text: string, basis: number): number {
  let word = basis;
  for (const byte of new TextEncoder().encode(text)) word = Math.imul(word ^ byte, 0x01000193);
  return word >>> 0;
}
