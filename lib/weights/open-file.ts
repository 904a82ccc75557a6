/** A regular file opened for reading, with the error contract's codes for what the system says. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { CounterpointError } from "../graph/error.js";
import { weightsError } from "./header-reader.js";

const codes: Readonly<Record<string, string>> = {
  ENOENT: "CP_MODEL_NOT_FOUND",
  ENOTDIR: "CP_MODEL_NOT_FOUND",
  ELOOP: "CP_MODEL_NOT_FOUND",
  ENXIO: "CP_MODEL_NOT_FOUND",
  EACCES: "CP_IO_DENIED",
  EPERM: "CP_IO_DENIED",
  EROFS: "CP_IO_READONLY",
  ENOSPC: "CP_IO_FULL",
  EDQUOT: "CP_IO_FULL",
};

/** What a failed system call on `file` means. */
export function systemError(file: string, doing: string, cause: unknown): CounterpointError {
  const { code = "unknown" } = cause as NodeJS.ErrnoException;
  return weightsError(codes[code] ?? "CP_IO_FAILED", file, `could not be ${doing}: ${code}`, { system: code });
}

/** Opens `file` for reading. Throws CP_MODEL_NOT_FOUND where it is not a regular file. */
export async function openRegular(file: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw systemError(file, "opened", cause);
  }
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  throw weightsError("CP_MODEL_NOT_FOUND", file, "is not a regular file");
}
