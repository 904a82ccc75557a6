/** Times and their middle. */

export async function elapsedMs(body: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await body();
  return performance.now() - begun;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** What part of the peak so many operations take in so long. */
export function shareOfPeak(flops: number, ms: number, peakGflops: number): number {
  return flops / 1e6 / ms / peakGflops;
}
