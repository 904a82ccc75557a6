/**
 * How a contender is spoken to: one process each, a line of JSON for every question and answer, on stdin and stdout.
 *
 *     { open: case, folder }   loads operands.safetensors from the folder, builds, runs once -> { firstMs }
 *     { run: n }               runs n times -> { ms: [n] }
 *     { output: file }         writes an op's result, or the losses so far, as the tensor "y" of a safetensors file -> {}
 *
 * A failure is { error: message }. The process ends with its stdin.
 */
import type { Case } from "./cases.js";

export interface Questions {
  open: { readonly open: Case; readonly folder: string };
  run: { readonly run: number };
  output: { readonly output: string };
}

export interface Answers {
  open: {
    readonly firstMs: number;
    /** What the contender says of itself: version, instruction set, precision. */
    readonly about: Readonly<Record<string, string>>;
    /** Of the direct method; from this engine alone. */
    readonly flops?: number;
  };
  run: { readonly ms: readonly number[]; readonly peakBytes: number };
  output: Readonly<Record<string, never>>;
}

export type Question = Questions[keyof Questions];

export const operandsFile = "operands.safetensors";
