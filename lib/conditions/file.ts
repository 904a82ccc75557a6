/** Files read with a limit and written whole or not at all; every failure is a CounterpointError with a CP_IO code. */

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CounterpointError, type Phase, quoted } from "../graph/error.js";

/** What a failed system call means: code and words. */
const meanings: Record<string, [code: string, reason: string]> = {
  ENOENT: ["CP_IO_NOT_FOUND", "it does not exist"],
  ENOTDIR: ["CP_IO_NOT_FOUND", "a part of the path is not a folder"],
  EACCES: ["CP_IO_DENIED", "permission denied"],
  EPERM: ["CP_IO_DENIED", "operation not permitted"],
  EROFS: ["CP_IO_READONLY", "the file system is read-only"],
  ENOSPC: ["CP_IO_FULL", "the disk is full"],
  EDQUOT: ["CP_IO_FULL", "the disk quota is used up"],
  ELOOP: ["CP_MODEL_PATH_ESCAPE", "it is a symbolic link"],
};

/** A failed system call as a CounterpointError; one that is a CounterpointError already comes back as it is. */
export function ioError(cause: unknown, action: string, path: string, phase: Phase): CounterpointError {
  if (cause instanceof CounterpointError) {
    return cause;
  }
  const errno = (cause as NodeJS.ErrnoException).code ?? "unknown";
  const [code, reason] = meanings[errno] ?? ["CP_IO_FAILED", "input or output failed"];
  return new CounterpointError(code, `Cannot ${action} ${quoted(path, 200)}: ${reason} (${errno}).`, {
    phase,
    details: { path, errno },
    cause,
  });
}

/**
 * The bytes of a regular file of 1 to `limit` bytes.
 *
 * @param tooLarge code for a longer file. With `followLinks` false a symbolic link is CP_MODEL_PATH_ESCAPE.
 */
export async function readLimited(
  path: string,
  limit: number,
  options: { tooLarge: string; followLinks?: boolean },
): Promise<Buffer> {
  const link = options.followLinks === false ? constants.O_NOFOLLOW : 0;
  try {
    // O_NONBLOCK: opening a FIFO that nobody writes to must not hang.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | link);
    const { size, isRegular } = await file.stat().then((s) => ({ size: s.size, isRegular: s.isFile() }));
    if (!isRegular) {
      throw new CounterpointError("CP_IO_NOT_FILE", `Expected a regular file at ${quoted(path, 200)}.`, {
        phase: "decode",
        details: { path, expected: "a regular file" },
      });
    }
    if (size > limit) {
      throw new CounterpointError(
        options.tooLarge,
        `${quoted(path, 200)} has ${size} bytes; at most ${limit} are read.`,
        { phase: "decode", details: { path, got: size, limit } },
      );
    }
    // One buffer of the size that was checked: a file that grows meanwhile is read no further.
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } catch (cause) {
    throw ioError(cause, "read", path, "decode");
  }
}

/** Throws CP_IO_NOT_FOUND unless the folder that is to hold `path` exists. */
export async function requireFolderOf(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new CounterpointError(
      "CP_IO_NOT_FOUND",
      `The folder ${quoted(folder, 200)} does not exist, so ${quoted(basename(path))} cannot be written there; create it first.`,
      { phase: "save", details: { path, folder, expected: "an existing folder" } },
    );
  }
}

/** A name beside `path` that nobody else uses, for what is not finished yet. */
export function temporarySibling(path: string): string {
  const full = resolve(path);
  return join(dirname(full), `.${basename(full)}.${randomUUID()}.tmp`);
}

/** Writes a new file and flushes it to the disk. */
export async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "wx");
  await file.writeFile(bytes);
  await file.sync();
}

/** Writes `bytes` to a temporary sibling, flushes it and renames it, so that `path` is old or new, never half. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await requireFolderOf(path);
  const temporary = temporarySibling(path);
  try {
    await writeFlushed(temporary, bytes);
    await rename(temporary, path);
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw ioError(cause, "write", path, "save");
  }
}
