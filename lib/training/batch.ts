/** What the rows of a batch have in common: arrays that hold them all, and draws that two of them share. */

type ArrayType<T> = { new (length: number): T & { set(row: ArrayLike<number>, offset: number): void } };

/** Equal-length rows one after another. */
export function joined<T extends Float32Array | Int32Array | Uint8Array>(
  type: ArrayType<T>,
  rows: readonly ArrayLike<number>[],
): T {
  const length = rows[0]?.length ?? 0;
  const out = new type(rows.length * length);
  for (const [index, row] of rows.entries()) out.set(row, index * length);
  return out;
}

/** A value for each of `batch` rows, drawn once for rows 2k and 2k + 1: twins (see `Split`) lie beside each other. */
export function drawnInTwos<T>(batch: number, draw: (pair: number) => T): T[] {
  const drawn = Array.from({ length: Math.ceil(batch / 2) }, (_, pair) => draw(pair));
  return Array.from({ length: batch }, (_, row) => drawn[Math.floor(row / 2)]);
}

/** The number of the first sample of a step: even, so that twins stay together. */
export function firstSample(step: number, batch: number): number {
  return step * 2 * Math.ceil(batch / 2);
}
