/** Repeatable random numbers for tests: mulberry32, and normals by Box–Muller. */

export interface Random {
  /** In [0, 1). */
  uniform(): number;
  normal(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  normals(count: number): Float64Array;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    below: (limit) => Math.floor(uniform() * limit),
    normals: (count) => Float64Array.from({ length: count }, normal),
  };
}
