/** Files that are no safetensors file, each in its own way. With a folder as argument, writes them there. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file with this header, `dataBytes` bytes of zeros behind it, and perhaps another length before it. */
export function fileOf(header: string | Buffer, dataBytes = 0, length?: bigint): Buffer {
  const json = Buffer.from(header as string);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([start, json, Buffer.alloc(dataBytes)]);
}

export const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = "F32") =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
export const one = (name: string) => `{${JSON.stringify(name)}:${entry([2], 0, 8)}}`;
const manyEmpty = (count: number) => `{${Array.from({ length: count }, (_, i) => `"t${i}":${entry([0], 0, 0)}`)}}`;
const bytesOf = (text: string) => Buffer.from(text, "latin1");

/** What the file is, numbered as in the list of threats; its content; the code; a text that the message holds. */
export const malformed: [string, Buffer, string, RegExp?][] = [
  ["W1 empty", Buffer.alloc(0), "CP_WEIGHTS_TRUNCATED", /8/],
  ["W1 seven bytes", Buffer.alloc(7), "CP_WEIGHTS_TRUNCATED", /8/],
  ["W2 header length 0", fileOf("", 16), "CP_WEIGHTS_HEADER_INVALID", /empty/],
  ...[2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n, 33n].map((length): [string, Buffer, string] => [
    `W3 header length ${length}`,
    fileOf("{}", 30, length),
    "CP_WEIGHTS_TRUNCATED",
  ]),
  ["W4 header over its limit", fileOf("{}", 2 ** 21, BigInt(2 ** 20 + 1)), "CP_WEIGHTS_HEADER_TOO_LARGE", /1048576/],
  ["W5 not JSON", fileOf("{what}"), "CP_WEIGHTS_HEADER_INVALID", /byte 1 /],
  ["W5 cut in the middle", fileOf(one("a").slice(0, 20), 8), "CP_WEIGHTS_HEADER_INVALID", /byte 20 /],
  ["W6 invalid UTF-8", fileOf(bytesOf(`{"\xff":1}`)), "CP_WEIGHTS_HEADER_INVALID", /byte 2 /],
  ["W6 lone surrogate", fileOf(`{"\\ud800":1}`), "CP_WEIGHTS_HEADER_INVALID", /byte 2 /],
  ["W6 byte order mark", fileOf(`\ufeff${one("a")}`, 8), "CP_WEIGHTS_HEADER_INVALID", /first byte/],
  ["W7 leading space", fileOf(` ${one("a")}`, 8), "CP_WEIGHTS_HEADER_INVALID", /first byte/],
  ["W8 more after the brace", fileOf(`${one("a")} x`, 8), "CP_WEIGHTS_HEADER_INVALID", /nothing after/],
  ["W9 a name twice", fileOf(`{"a":${entry([2], 0, 8)},"a":${entry([2], 0, 8)}}`, 8), "CP_WEIGHTS_DUPLICATE", /"a"/],
  ["W9 a name twice, once escaped", fileOf(`{"a":${entry([2], 0, 8)},"\\u0061":{}}`, 8), "CP_WEIGHTS_DUPLICATE"],
  ["W10 a field twice", fileOf(`{"a":{"dtype":"F32","dtype":"F32"}}`), "CP_WEIGHTS_DUPLICATE", /"dtype" of "a"/],
  ["W10 metadata twice", fileOf(`{"__metadata__":{},"__metadata__":{}}`), "CP_WEIGHTS_DUPLICATE", /__metadata__/],
  ["W10 a metadata key twice", fileOf(`{"__metadata__":{"k":"","k":""}}`), "CP_WEIGHTS_DUPLICATE", /"k"/],
  ["W11 metadata of numbers", fileOf(`{"__metadata__":{"k":1}}`), "CP_WEIGHTS_HEADER_INVALID"],
  [
    "W11 metadata over 1 MB",
    fileOf(`{"__metadata__":{"k":"${"x".repeat(2 ** 20)}"}}`, 2 ** 24),
    "CP_WEIGHTS_HEADER_INVALID",
    /1 MB/,
  ],
  ["W12 unknown field", fileOf(`{"a":{"dtype":"F32","device":"cpu"}}`), "CP_WEIGHTS_HEADER_INVALID", /dtype, shape or/],
  [
    "W13 no shape",
    fileOf(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4),
    "CP_WEIGHTS_HEADER_INVALID",
    /shape of "a"/,
  ],
  ["W13 no dtype", fileOf(`{"a":{"shape":[],"data_offsets":[0,4]}}`, 4), "CP_WEIGHTS_HEADER_INVALID", /dtype of "a"/],
  ["W13 no offsets", fileOf(`{"a":{"dtype":"F32","shape":[]}}`, 4), "CP_WEIGHTS_HEADER_INVALID", /data_offsets/],
  ["W14 unknown dtype", fileOf(`{"a":${entry([2], 0, 8, "Q4")}}`, 8), "CP_WEIGHTS_DTYPE", /F32, F16, BF16/],
  ["W14 lower case", fileOf(`{"a":${entry([2], 0, 8, "f32")}}`, 8), "CP_WEIGHTS_DTYPE", /"f32"/],
  ...["F64", "C64", "F8_E5M2", "I64"].map((dtype): [string, Buffer, string, RegExp] => [
    `W15 ${dtype}`,
    fileOf(`{"a":${entry([2], 0, 8, dtype)}}`, 8),
    "CP_WEIGHTS_DTYPE",
    /not supported; convert/,
  ]),
  ...["-1", "1.5", '"2"', "null", "true", "1e2", "01", "[2]"].map((size): [string, Buffer, string] => [
    `W16 dimension ${size}`,
    fileOf(`{"a":{"dtype":"F32","shape":[${size}],"data_offsets":[0,8]}}`, 8),
    "CP_WEIGHTS_HEADER_INVALID",
  ]),
  [
    "W17 product wraps",
    fileOf(`{"a":${entry([4194305, 4194305, 211106198978564], 0, 16)}}`, 16),
    "CP_WEIGHTS_OVERFLOW",
  ],
  ["W18 2^32 × 2^32, empty", fileOf(`{"a":${entry([2 ** 32, 2 ** 32], 0, 0)}}`), "CP_WEIGHTS_OVERFLOW", /"a"/],
  ["W19 only the bytes wrap", fileOf(`{"a":${entry([2 ** 31, 2 ** 21], 0, 0)}}`), "CP_WEIGHTS_OVERFLOW"],
  [
    "W19 hidden behind a zero",
    fileOf(`{"a":{"dtype":"F32","shape":[0,9223372036854775808],"data_offsets":[0,0]}}`),
    "CP_WEIGHTS_OVERFLOW",
  ],
  ["W20 rank 9", fileOf(`{"a":${entry(Array(9).fill(1), 0, 4)}}`, 4), "CP_WEIGHTS_LIMIT", /rank/],
  ["W20 rank 100000", fileOf(`{"a":${entry(Array(100_000).fill(1), 0, 4)}}`, 4), "CP_WEIGHTS_LIMIT", /rank/],
  ["W21 65537 tensors", fileOf(manyEmpty(65_537), 2 ** 26), "CP_WEIGHTS_LIMIT", /65536/],
  ["W22 begin after end", fileOf(`{"a":${entry([2], 8, 0)}}`, 8), "CP_WEIGHTS_OFFSETS", /8 to 0/],
  ["W22 end beyond the file", fileOf(`{"a":${entry([2], 0, 800)}}`, 8), "CP_WEIGHTS_OFFSETS", /beyond/],
  [
    "W22 end past 2^53",
    fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9007199254740993]}}`, 8),
    "CP_WEIGHTS_OFFSETS",
  ],
  [
    "W22 three offsets",
    fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}`, 8),
    "CP_WEIGHTS_HEADER_INVALID",
  ],
  [
    "W23 overlap",
    fileOf(`{"a":${entry([2], 0, 8)},"b":${entry([2], 4, 12)}}`, 12),
    "CP_WEIGHTS_OFFSETS",
    /"b" overlap "a"/,
  ],
  [
    "W23 one range for two",
    fileOf(`{"a":${entry([2], 0, 8)},"b":${entry([2], 0, 8)}}`, 8),
    "CP_WEIGHTS_OFFSETS",
    /overlap/,
  ],
  [
    "W24 hole",
    fileOf(`{"a":${entry([2], 0, 8)},"b":${entry([1], 12, 16)}}`, 16),
    "CP_WEIGHTS_OFFSETS",
    /4 bytes before "b"/,
  ],
  ["W24 first not at 0", fileOf(`{"a":${entry([2], 8, 16)}}`, 16), "CP_WEIGHTS_OFFSETS", /8 bytes before/],
  ["W25 bytes after the last", fileOf(one("a"), 11), "CP_WEIGHTS_OFFSETS", /3 bytes after/],
  ["W26 shape and range", fileOf(`{"a":${entry([4], 0, 8)}}`, 8), "CP_WEIGHTS_SHAPE", /8 bytes.*16/],
  ["W27 one byte short", fileOf(one("a"), 7), "CP_WEIGHTS_TRUNCATED", /inside "a"/],
  ["W28 name with NUL", fileOf(one("a\0b"), 8), "CP_WEIGHTS_HEADER_INVALID", /control/],
  ["W28 empty name", fileOf(one(""), 8), "CP_WEIGHTS_HEADER_INVALID"],
  ["W28 name of 513 bytes", fileOf(one("é".repeat(257)), 8), "CP_WEIGHTS_HEADER_INVALID"],
  ["W30 nested 100000 deep", fileOf(`{"a":${"[".repeat(100_000)}`), "CP_WEIGHTS_HEADER_INVALID"],
  ["W30 nested in a shape", fileOf(`{"a":{"shape":${"[".repeat(100_000)}`), "CP_WEIGHTS_HEADER_INVALID"],
  [
    "W31 NaN",
    Buffer.concat([fileOf(one("a"), 4), Buffer.from([0, 0, 0xc0, 0x7f])]),
    "CP_WEIGHTS_NONFINITE",
    /NaN in "a" at 1/,
  ],
  ["W35 pickle", bytesOf("\x80\x02}q\0X\x05\0\0\0model"), "CP_WEIGHTS_FORMAT", /pickle/],
  ["W35 zip", bytesOf("PK\x03\x04\x14\0\0\0archive/data.pkl"), "CP_WEIGHTS_FORMAT", /zip/],
  ["W35 GGUF", bytesOf("GGUF\x03\0\0\0\0\0\0\0"), "CP_WEIGHTS_FORMAT", /GGUF/],
  ["W35 HDF5", bytesOf("\x89HDF\r\n\x1a\n\0\0\0\0"), "CP_WEIGHTS_FORMAT", /HDF5/],
  ["W35 ONNX", bytesOf("\x08\x07\x12\x07pytorch"), "CP_WEIGHTS_FORMAT", /ONNX/],
  ["W35 git-lfs", bytesOf("version https://git-lfs.github.com/spec/v1\n"), "CP_WEIGHTS_FORMAT", /git lfs pull/],
  ["W35 HTML", bytesOf("<!DOCTYPE html><html>Not found</html>"), "CP_WEIGHTS_FORMAT", /HTML/],
  ["W38 big-endian", bytesOf("\0\0\0\0\0\0\0\x40{}"), "CP_WEIGHTS_TRUNCATED"],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2];
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of malformed) writeFileSync(join(folder, `${name.replace(/\W+/g, "-")}.safetensors`), bytes);
}
