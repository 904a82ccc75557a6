/**
 * The JSON subset of a safetensors header, read byte by byte: objects with string keys, strings, and arrays of whole
 * numbers. Nothing else can stand in a header, so nesting is bounded by the callers, and a repeated key, which
 * `JSON.parse` would hide, is seen by them. Every error names the byte.
 */
import { CounterpointError, type ErrorDetails, quoted } from "../graph/error.js";

/** An error about a weights file; `what` says what was wrong, `file` is cut and escaped. */
export function weightsError(code: string, file: string, what: string, details: ErrorDetails = {}): CounterpointError {
  return new CounterpointError(code, `The weights file ${quoted(file, 200)} ${what}.`, {
    phase: "load",
    details: { file, ...details },
  });
}

const quote = 0x22;
const backslash = 0x5c;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class HeaderReader {
  private position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {}

  /** Throws CP_WEIGHTS_HEADER_INVALID for the current byte. */
  fail(expected: string, details: ErrorDetails = {}): never {
    const byte = this.position;
    const found = byte < this.bytes.length ? quoted(String.fromCharCode(this.bytes[byte])) : "the end";
    throw weightsError(
      "CP_WEIGHTS_HEADER_INVALID",
      this.file,
      `has a broken header: expected ${expected} at byte ${byte} of the header, got ${found}`,
      { byte, expected, ...details },
    );
  }

  /** Calls `field` at the value of each key of an object. */
  object(field: (key: string) => void): void {
    this.expect("{");
    if (this.accept("}")) return;
    do {
      const key = this.string();
      this.expect(":");
      field(key);
    } while (this.accept(","));
    this.expect("}");
  }

  /** The whole numbers of an array, at most `most` of them; `describe` says what they are. */
  integers(most: number, describe: string): number[] {
    const numbers: number[] = [];
    this.expect("[");
    if (this.accept("]")) return numbers;
    do {
      // One beyond the limit is enough for the caller to see that there are too many.
      if (numbers.length > most) return numbers;
      numbers.push(this.integer(describe));
    } while (this.accept(","));
    this.expect("]");
    return numbers;
  }

  /** A string of well-formed Unicode. */
  string(): string {
    this.expect('"');
    const begin = this.position;
    let escaped = false;
    for (; this.bytes[this.position] !== quote; this.position++) {
      if (!(this.bytes[this.position] >= 0x20)) this.fail("a closing quote");
      if (this.bytes[this.position] !== backslash) continue;
      escaped = true;
      this.position++;
    }
    const text = this.decoded(begin, escaped);
    this.position++;
    return text;
  }

  /** Nothing but white space may follow. */
  end(): void {
    this.skipSpace();
    if (this.position < this.bytes.length) this.fail("nothing after the closing brace");
  }

  private decoded(begin: number, escaped: boolean): string {
    try {
      const raw = decoder.decode(this.bytes.subarray(begin, this.position));
      const text: string = escaped ? JSON.parse(`"${raw}"`) : raw;
      if (!/\p{Surrogate}/u.test(text)) return text;
    } catch {
      // Reported below, with the place.
    }
    this.position = begin;
    return this.fail("a string of well-formed UTF-8");
  }

  /** Without sign, fraction, exponent or leading zero; Infinity where it is beyond 2^53 − 1. */
  private integer(describe: string): number {
    this.skipSpace();
    const begin = this.position;
    while (isDigit(this.bytes[this.position])) this.position++;
    const digits = this.position - begin;
    if (digits === 0 || (digits > 1 && this.bytes[begin] === 0x30)) this.fail(describe);
    if (digits > 16) return Number.POSITIVE_INFINITY;
    const value = Number(String.fromCharCode(...this.bytes.subarray(begin, this.position)));
    return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
  }

  private expect(character: string): void {
    if (!this.accept(character)) this.fail(`"${character}"`);
  }

  private accept(character: string): boolean {
    this.skipSpace();
    if (this.bytes[this.position] !== character.charCodeAt(0)) return false;
    this.position++;
    return true;
  }

  private skipSpace(): void {
    while ([0x20, 0x09, 0x0a, 0x0d].includes(this.bytes[this.position])) this.position++;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
