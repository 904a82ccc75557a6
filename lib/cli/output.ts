/** Where a command writes, checked before anything is computed. */
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { ioError, requireFolderOf } from "../conditions/file.js";
import { CounterpointError, quoted } from "../graph/error.js";

/**
 * Throws CP_IO_NOT_FOUND unless the folder that is to hold `path` exists, and CP_IO_EXISTS where `path` is a file or a
 * folder with something in it, unless `force`.
 */
export async function requireFree(path: string, force: boolean): Promise<void> {
  await requireFolderOf(path);
  if (force) return;
  const entries = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    if (cause.code === "ENOTDIR") return [basename(path)];
    throw ioError(cause, "write", path, "save");
  });
  if (entries.length === 0) return;
  throw new CounterpointError("CP_IO_EXISTS", `${quoted(path, 200)} exists; give another --out, or --force.`, {
    phase: "save",
    details: { path, expected: "a path that is free" },
  });
}
