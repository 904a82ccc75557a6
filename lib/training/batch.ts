/** Joins the rows of a batch into one array. */

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
