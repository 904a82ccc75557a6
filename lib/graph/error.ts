/** The parts of an engine's life an error can come from. */
export type Phase = "load" | "decode" | "compile" | "sample" | "train" | "save" | "env";

/** Plain JSON that says what was expected and what came: file, tensor, option, got, expected, limit … */
export type ErrorDetails = Record<string, unknown>;

/**
 * Every error that Counterpoint throws on purpose.
 *
 * `code` (`CP_…`) is stable across releases; the message is not. The message says what was wrong, where, what was
 * expected and what to do; `details` holds the same as data.
 */
export class CounterpointError extends Error {
  override readonly name = "CounterpointError";
  readonly code: string;
  readonly phase: Phase;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, options: { phase?: Phase; details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.phase = options.phase ?? "env";
    this.details = options.details ?? {};
  }

  /** What may leave the process: no stack and no cause. */
  toJSON(): { code: string; phase: Phase; message: string; details: ErrorDetails } {
    return { code: this.code, phase: this.phase, message: this.message, details: this.details };
  }
}

/** Text from outside made safe to print: at most `limit` characters, control characters escaped. */
export function quoted(text: unknown, limit = 80): string {
  const source = typeof text === "string" ? text : String(text);
  const cut = source.length > limit ? `${source.slice(0, limit)}…` : source;
  return JSON.stringify(cut);
}
