/**
 * The header of a safetensors file: which tensor lies where.
 *
 *     u64 little-endian n | n bytes of JSON | the tensors' bytes
 *
 * The JSON maps each name to { dtype, shape, data_offsets: [begin, end] } and `__metadata__` to strings. It is checked as
 * hostile input, more strictly than the reference reader does: no repeated name, no unknown field, no hole, no overlap, no
 * byte that belongs to nothing, every product computed without overflow. Source: huggingface/safetensors, README "Format".
 */
import { type ErrorDetails, quoted } from "../graph/error.js";
import { HeaderReader, weightsError } from "./header-reader.js";

/** Dtypes that can be read, with the bytes of one element. */
export const fileDtypeBytes = { F32: 4, F16: 2, BF16: 2 } as const;
export type FileDtype = keyof typeof fileDtypeBytes;

const knownDtypes = "BOOL U8 I8 U16 I16 U32 I32 U64 I64 F64 C64 F8_E5M2 F8_E4M3 F8_E8M0 F6_E2M3 F6_E3M2 F4".split(" ");

/** One tensor of a file; `begin` and `end` are bytes counted from the end of the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order in which they lie in the file. */
  readonly tensors: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

export const headerLimits = { tensors: 65_536, rank: 8, nameBytes: 512, metadataBytes: 2 ** 20 };

/** The most bytes a header may have in a file of `fileBytes`: a tenth of it, from 1 to 16 MB. */
export function headerBytesLimit(fileBytes: number): number {
  return Math.min(16 * 2 ** 20, Math.max(2 ** 20, Math.floor(fileBytes / 10)));
}

/**
 * Reads a header and checks it against the `dataBytes` that follow it. Throws CP_WEIGHTS_HEADER_INVALID, _DUPLICATE,
 * _LIMIT, _DTYPE, _OVERFLOW, _OFFSETS, _SHAPE or _TRUNCATED.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, file: string): Header {
  if (bytes.length === 0) throw weightsError("CP_WEIGHTS_HEADER_INVALID", file, "has an empty header");
  const reader = new HeaderReader(bytes, file);
  if (bytes[0] !== 0x7b) reader.fail('"{" as the first byte');
  const entries = new Map<string, TensorEntry>();
  let metadata: ReadonlyMap<string, string> | null = null;
  reader.object((name) => {
    if (name === "__metadata__" ? metadata !== null : entries.has(name)) {
      throw weightsError("CP_WEIGHTS_DUPLICATE", file, `names ${quoted(name)} twice`, { tensor: name });
    }
    if (name === "__metadata__") {
      metadata = readMetadata(reader, file);
      return;
    }
    checkName(reader, name);
    if (entries.size === headerLimits.tensors) throw limit(file, "tensors", headerLimits.tensors + 1);
    entries.set(name, readEntry(reader, name, file));
  });
  reader.end();
  return { tensors: laidOut([...entries.values()], dataBytes, file), metadata: metadata ?? new Map() };
}

function readMetadata(reader: HeaderReader, file: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  let bytes = 0;
  reader.object((key) => {
    if (metadata.has(key)) {
      throw weightsError("CP_WEIGHTS_DUPLICATE", file, `has the metadata ${quoted(key)} twice`, { key });
    }
    const value = reader.string();
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    if (bytes > headerLimits.metadataBytes) reader.fail("at most 1 MB of metadata", { key });
    metadata.set(key, value);
  });
  return metadata;
}

function readEntry(reader: HeaderReader, name: string, file: string): TensorEntry {
  const seen = new Set<string>();
  let dtype: FileDtype = "F32";
  let shape: number[] = [];
  let offsets: number[] = [];
  reader.object((field) => {
    if (seen.has(field)) {
      throw weightsError("CP_WEIGHTS_DUPLICATE", file, `gives ${quoted(field)} of ${quoted(name)} twice`, {
        tensor: name,
        field,
      });
    }
    seen.add(field);
    if (field === "dtype") dtype = checkDtype(reader.string(), name, file);
    else if (field === "shape") shape = reader.integers(headerLimits.rank, "a whole number as a dimension");
    else if (field === "data_offsets") offsets = reader.integers(2, "a whole number as an offset");
    else reader.fail("dtype, shape or data_offsets", { tensor: name, field });
    if (shape.length > headerLimits.rank) throw limit(file, "rank", shape.length, name);
  });
  for (const field of ["dtype", "shape", "data_offsets"]) {
    if (!seen.has(field)) reader.fail(`${field} of ${quoted(name)}`, { tensor: name, field });
  }
  if (offsets.length !== 2) reader.fail(`two offsets of ${quoted(name)}`, { tensor: name });
  const [begin, end] = offsets;
  const entry = { name, dtype, shape, begin, end };
  if (!(begin <= end && end < Number.POSITIVE_INFINITY)) {
    throw misplaced(file, `gives ${quoted(name)} the bytes ${begin} to ${end}`, { tensor: name, begin, end });
  }
  bytesOf(entry, file);
  return entry;
}

function checkName(reader: HeaderReader, name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > headerLimits.nameBytes || /\p{Cc}/u.test(name)) {
    reader.fail(`a name of 1 to ${headerLimits.nameBytes} bytes without control characters, not ${quoted(name)}`);
  }
}

function checkDtype(dtype: string, name: string, file: string): FileDtype {
  if (Object.hasOwn(fileDtypeBytes, dtype)) return dtype as FileDtype;
  const supported = Object.keys(fileDtypeBytes).join(", ");
  const why = knownDtypes.includes(dtype)
    ? `not supported; convert it to one of ${supported}`
    : `not one of ${supported}`;
  throw weightsError("CP_WEIGHTS_DTYPE", file, `has ${quoted(name)} as ${quoted(dtype)}, which is ${why}`, {
    tensor: name,
    dtype,
    supported,
  });
}

/** The bytes that the shape asks for. */
function bytesOf({ name, dtype, shape }: TensorEntry, file: string): number {
  // Zeros are left out of the product so that they cannot hide an overflow.
  const product = shape.reduce((count, size) => count * Math.max(size, 1), fileDtypeBytes[dtype]);
  if (product <= Number.MAX_SAFE_INTEGER) return shape.includes(0) ? 0 : product;
  throw weightsError("CP_WEIGHTS_OVERFLOW", file, `gives ${quoted(name)} a shape beyond any memory`, {
    tensor: name,
    shape: shape.map(String),
  });
}

/** The entries in the order of their bytes, which they cover without hole or overlap. */
function laidOut(entries: TensorEntry[], dataBytes: number, file: string): TensorEntry[] {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  let before = "";
  for (const entry of entries) {
    const { name, begin } = entry;
    if (begin > end)
      throw misplaced(file, `has a hole of ${begin - end} bytes before ${quoted(name)}`, { tensor: name });
    if (begin < end) {
      throw misplaced(file, `has ${quoted(name)} overlap ${quoted(before)}`, { tensors: [before, name] });
    }
    [end, before] = [entry.end, name];
    const [wanted, got] = [bytesOf(entry, file), entry.end - begin];
    if (wanted === got) continue;
    if (end > dataBytes) throw misplaced(file, `has ${quoted(name)} end beyond the file`, { tensor: name, end });
    throw weightsError("CP_WEIGHTS_SHAPE", file, `gives ${quoted(name)} ${got} bytes, and its shape needs ${wanted}`, {
      tensor: name,
      expected: wanted,
      got,
    });
  }
  const hit = entries.find((entry) => entry.end > dataBytes);
  if (hit) {
    throw weightsError("CP_WEIGHTS_TRUNCATED", file, `ends inside ${quoted(hit.name)}: download or copy it again`, {
      tensor: hit.name,
      expected: end,
      got: dataBytes,
    });
  }
  if (end < dataBytes) {
    throw misplaced(file, `has ${dataBytes - end} bytes after the last tensor`, { extra: dataBytes - end });
  }
  return entries;
}

function misplaced(file: string, what: string, details: ErrorDetails) {
  return weightsError("CP_WEIGHTS_OFFSETS", file, what, details);
}

function limit(file: string, what: "tensors" | "rank", got: number, tensor?: string) {
  const most = headerLimits[what];
  return weightsError("CP_WEIGHTS_LIMIT", file, `is over the limit of ${most} (${what}: ${got})`, {
    limit: most,
    got,
    tensor,
  });
}
