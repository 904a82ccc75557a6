/**
 * Counter-based random numbers: Philox4x32-10.
 *
 *     (hi₀,lo₀) = M₀·c₀   (hi₁,lo₁) = M₁·c₂   c ← (hi₁⊕c₁⊕k₀, lo₁, hi₀⊕c₃⊕k₁, lo₀)   k ← k + W      ten rounds
 *
 * A number is a pure function of (key, counter): no state, no order of drawing, the same bits on every machine.
 * Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.
 */

export type Uint32x2 = readonly [number, number];
export type Uint32x4 = readonly [number, number, number, number];

const rounds = 10;
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** Upper 32 bits of a product of two uint32, by 16-bit halves so that every partial sum is exact in a double. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle % 0x10000);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000);
}

/** Four uint32 from a key of two and a counter of four uint32. */
export function philox(key: Uint32x2, counter: Uint32x4): Uint32x4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low0 = Math.imul(multiplier0, c0) >>> 0;
    const low1 = Math.imul(multiplier1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A uint32 as a number in [0, 1), exactly bits / 2³². */
export function uniform(bits: number): number {
  return bits / 0x100000000;
}

/**
 * Numbers in [0, 1) drawn one after another: the blocks 0, 1, 2 … of counter (block, stream, index low, index high)
 * under the key `seed`. `seed` and `index` are integers in 0…2⁵³−1, `stream` a uint32 that names what is drawn.
 */
export function uniformStream(seed: number, stream: number, index = 0): () => number {
  const key: Uint32x2 = [seed >>> 0, Math.floor(seed / 0x100000000)];
  const indexHigh = Math.floor(index / 0x100000000);
  let block: Uint32x4 = [0, 0, 0, 0];
  let drawn = 0;
  return () => {
    const lane = drawn % 4;
    if (lane === 0) {
      block = philox(key, [drawn / 4, stream, index >>> 0, indexHigh]);
    }
    drawn++;
    return uniform(block[lane]);
  };
}
