/** Replacing a file so that a crash at any moment leaves the old content or the new, never a mixture. */
import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CounterpointError } from "../graph/error.js";
import { systemError } from "./open-file.js";

/**
 * Writes `pieces` beside `file`, forces them to the disk, renames and forces the folder. Throws CP_IO_FULL, CP_IO_DENIED,
 * CP_IO_READONLY, CP_MODEL_NOT_FOUND (no such folder) or CP_IO_FAILED, and leaves nothing behind then.
 */
export async function replaceFile(file: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      for (const piece of pieces) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    const folder = await open(dirname(file), "r");
    await folder.sync().finally(() => folder.close());
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause instanceof CounterpointError ? cause : systemError(file, "written", cause);
  }
}
