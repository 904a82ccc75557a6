/**
 * Safetensors files: reading with every check of `parseHeader`, converting to f32, and writing that survives a crash.
 *
 * A file is read front to back in pieces, so that the event loop stays free and the hash covers every byte.
 */
import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { quoted } from "../graph/error.js";
import { fromBrains, fromHalves, toHalves } from "../graph/half.js";
import { type FileDtype, fileDtypeBytes, headerBytesLimit, parseHeader, type TensorEntry } from "./header.js";
import { weightsError } from "./header-reader.js";
import { openRegular, systemError } from "./open-file.js";
import { replaceFile } from "./replace-file.js";

export interface WeightsTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by name. */
export type TensorMap = Map<string, WeightsTensor>;

export interface Weights {
  readonly tensors: TensorMap;
  readonly metadata: ReadonlyMap<string, string>;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
}

/** Bytes read at once: small enough to convert within a few milliseconds. */
const pieceBytes = 2 ** 20;

/**
 * Reads a whole file; every dtype becomes f32. `sha256` pins its content.
 *
 * Throws CP_MODEL_NOT_FOUND, CP_IO_DENIED, CP_WEIGHTS_FORMAT (another kind of file), CP_WEIGHTS_TRUNCATED,
 * CP_WEIGHTS_HEADER_TOO_LARGE, whatever `parseHeader` throws, CP_WEIGHTS_NONFINITE, CP_WEIGHTS_CHANGED (written to
 * meanwhile) and CP_WEIGHTS_HASH. Nothing of a tensor's size is allocated before the header has been checked.
 */
export async function readSafetensors(file: string, options: { sha256?: string } = {}): Promise<Weights> {
  const { handle, size } = await openRegular(file);
  try {
    const before = await handle.stat();
    const hash = createHash("sha256");
    const headerBytes = await readHeaderBytes(handle, size, file, hash);
    const { tensors: entries, metadata } = parseHeader(headerBytes, size - 8 - headerBytes.length, file);
    const tensors = new Map<string, WeightsTensor>();
    for (const entry of entries) {
      const data = await readTensor(handle, entry, 8 + headerBytes.length, file, hash);
      tensors.set(entry.name, { shape: entry.shape, data });
    }
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw changed(file);
    const sha256 = hash.digest("hex");
    if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sha256) {
      const details = { expected: options.sha256.slice(0, 16), got: sha256.slice(0, 16) };
      throw weightsError("CP_WEIGHTS_HASH", file, "is not the pinned one: its SHA-256 differs", details);
    }
    return { tensors, metadata, sha256 };
  } finally {
    await handle.close();
  }
}

async function readHeaderBytes(handle: FileHandle, size: number, file: string, hash: Hash): Promise<Uint8Array> {
  const start = Buffer.alloc(Math.min(size, 32));
  await readFully(handle, start, 0, file);
  const kind = foreignKind(start);
  if (kind) throw weightsError("CP_WEIGHTS_FORMAT", file, `is ${kind}, not a safetensors file`, { kind });
  if (size < 8) throw truncated(file, "needs 8 bytes before its header", 8, size);
  const declared = start.readBigUInt64LE(0);
  if (declared > BigInt(size - 8)) throw truncated(file, "ends inside its header", declared.toString(), size - 8);
  const limit = headerBytesLimit(size);
  if (declared > limit) {
    const details = { got: Number(declared), limit };
    throw weightsError(
      "CP_WEIGHTS_HEADER_TOO_LARGE",
      file,
      `has a header of ${declared} bytes, over ${limit}`,
      details,
    );
  }
  const header = Buffer.alloc(Number(declared));
  await readFully(handle, header, 8, file);
  hash.update(start.subarray(0, 8)).update(header);
  return header;
}

/** What else a file is that is often taken for weights, by its first bytes; null for anything that may be safetensors. */
function foreignKind(start: Buffer): string | null {
  // A header starts with a brace behind the length, and then no other reading counts.
  if (start[8] === 0x7b) return null;
  const text = start.toString("latin1");
  if (text.startsWith("PK\x03\x04")) return "a zip archive (a PyTorch file?)";
  if (start[0] === 0x80 && start[1] >= 2 && start[1] <= 5) return "a Python pickle";
  if (text.startsWith("GGUF")) return "a GGUF file";
  if (text.startsWith("\x89HDF")) return "an HDF5 file";
  if (text.startsWith("version https://git-lfs")) return 'a git-lfs pointer (run "git lfs pull")';
  if (/^\s*<(!doctype|html)/i.test(text)) return "an HTML page";
  if (start[0] === 0x08 && start[1] < 0x10 && start[2] === 0x12) return "an ONNX model";
  return null;
}

async function readTensor(
  handle: FileHandle,
  { name, dtype, begin, end }: TensorEntry,
  dataStart: number,
  file: string,
  hash: Hash,
): Promise<Float32Array> {
  const width = fileDtypeBytes[dtype];
  const data = new Float32Array((end - begin) / width);
  const piece = Buffer.alloc(Math.min(pieceBytes, end - begin));
  for (let at = begin; at < end; at += piece.length) {
    const bytes = piece.subarray(0, Math.min(piece.length, end - at));
    await readFully(handle, bytes, dataStart + at, file);
    hash.update(bytes);
    const first = (at - begin) / width;
    const values = data.subarray(first, first + bytes.length / width);
    convert(dtype, bytes, values);
    const broken = firstBeyond(values, Number.MAX_VALUE);
    if (broken >= 0) throw nonfinite(file, name, first + broken, values[broken]);
  }
  return data;
}

function convert(dtype: FileDtype, bytes: Buffer, values: Float32Array): void {
  if (dtype === "F32") {
    // Node runs on little-endian machines only, and so do these files.
    new Uint8Array(values.buffer, values.byteOffset, bytes.length).set(bytes);
    return;
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  if (dtype === "F16") fromHalves(halves, values);
  else fromBrains(halves, values);
}

/** The index of the first value that is NaN or beyond ±`largest`; −1 where there is none. */
function firstBeyond(values: Float32Array, largest: number): number {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]) <= largest)) return i;
  return -1;
}

async function readFully(handle: FileHandle, target: Buffer, position: number, file: string): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done).catch((cause) => {
      throw systemError(file, "read", cause);
    });
    if (bytesRead === 0) throw changed(file);
    done += bytesRead;
  }
}

/**
 * Writes `tensors` in the order of their names as F32 or F16, in one piece or not at all: what stood at `file` stays until
 * the new content is safe. The same tensors and metadata give the same bytes.
 *
 * Throws CP_WEIGHTS_NONFINITE for a value that a reader would refuse, and CP_IO_FULL, _READONLY, _DENIED or _FAILED.
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, WeightsTensor>,
  { dtype = "F32", metadata = {} }: { dtype?: "F32" | "F16"; metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  await replaceFile(file, contentOf(file, sorted, dtype, metadata));
}

function* contentOf(
  file: string,
  tensors: readonly (readonly [string, WeightsTensor])[],
  dtype: "F32" | "F16",
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  let end = 0;
  const entries = tensors.map(([name, { shape, data }]) => {
    const begin = end;
    end += data.length * fileDtypeBytes[dtype];
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const head = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  const json = Buffer.from(JSON.stringify(Object.fromEntries([...head, ...entries])));
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  yield header;
  for (const [name, { data }] of tensors) {
    const piece = pieceBytes / 4;
    for (let first = 0; first < data.length; first += piece) {
      yield encoded(file, name, first, data.subarray(first, first + piece), dtype);
    }
  }
}

function encoded(file: string, name: string, first: number, values: Float32Array, dtype: "F32" | "F16"): Uint8Array {
  const largest = dtype === "F16" ? 65519 : Number.MAX_VALUE;
  const broken = firstBeyond(values, largest);
  if (broken >= 0) throw nonfinite(file, name, first + broken, values[broken]);
  if (dtype === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new Uint8Array(toHalves(values).buffer);
}

function nonfinite(file: string, tensor: string, index: number, value: number) {
  const what = `has ${value} in ${quoted(tensor)} at ${index}, where a finite number is needed`;
  return weightsError("CP_WEIGHTS_NONFINITE", file, what, { tensor, index, value: String(value) });
}

function truncated(file: string, what: string, expected: number | string, got: number) {
  return weightsError("CP_WEIGHTS_TRUNCATED", file, `${what}: expected ${expected}, got ${got}`, { expected, got });
}

function changed(file: string) {
  return weightsError("CP_WEIGHTS_CHANGED", file, "was written to while it was read");
}
