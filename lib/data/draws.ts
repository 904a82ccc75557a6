/**
 * Counter-based random numbers: the n-th draw of a key is
 *
 *     mix(mix(n · 0x9e3779b9 ^ low) + high),   (low, high) folded from the key's 32-bit words by the same mix
 *
 * with `mix` the 32-bit finaliser "lowbias32" (Chris Wellons, hash-prospector, 2018). Integer arithmetic alone, so the
 * same on every machine; no state but the counter, so any draw of any key can be had without the ones before it.
 */
import { CounterpointError, quoted } from "../graph/error.js";

function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A stream of draws that depends on its key alone. */
export class Draws {
  readonly #low: number;
  readonly #high: number;
  #counter = 0;

  /** `key`: any number of 32-bit words (higher bits are ignored). */
  constructor(...key: number[]) {
    let low = 0x243f6a88;
    let high = 0x85a308d3;
    for (const word of key) {
      low = mix(low ^ word);
      high = mix((high + low) ^ Math.imul(word, 0x9e3779b1));
    }
    this.#low = low;
    this.#high = high;
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  unit(): number {
    this.#counter += 1;
    return mix(mix(Math.imul(this.#counter, 0x9e3779b9) ^ this.#low) + this.#high) / 0x100000000;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of the items, each as likely as the others. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.unit() * items.length)];
  }

  /** An index into `weights`, which add up to 1, by their probabilities. */
  weighted(weights: readonly number[]): number {
    let left = this.unit();
    for (let index = 0; index < weights.length - 1; index++) {
      left -= weights[index];
      if (left < 0) return index;
    }
    return weights.length - 1;
  }
}

/**
 * A whole number as two 32-bit words, low first. A bigint counts modulo 2^64; a number must be a safe integer of at
 * least 0, otherwise CP_ARG_RANGE, with `name` in the message.
 */
export function wordsOf(value: number | bigint, name: string): [number, number] {
  if (typeof value === "bigint") {
    return [Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n))];
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new CounterpointError(
      "CP_ARG_RANGE",
      `${name} must be a whole number from 0 to 2^53 - 1, got ${quoted(value)}`,
      {
        details: { option: name, got: String(value) },
      },
    );
  }
  return [value >>> 0, Math.floor(value / 0x100000000)];
}
