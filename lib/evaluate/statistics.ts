/**
 * Paired comparisons: the mean difference of two measurements of the same things and its two-sided 95 % confidence
 * interval by Student's t (Gosset 1908), d̄ ± t(n − 1) · s / √n with s² = Σ (dᵢ − d̄)² / (n − 1).
 */

/** The mean of a − b over pairs, with the interval that holds the true mean with 95 % confidence. */
export interface Comparison {
  /** Pairs, at least 2. */
  readonly count: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

const confidence = 0.95;

/** Compares a[i] with b[i]; both have the same length, at least 2. */
export function pairedComparison(a: readonly number[], b: readonly number[]): Comparison {
  const count = a.length;
  const differences = a.map((value, i) => value - b[i]);
  const difference = meanOf(differences);
  const squares = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0);
  const margin = studentQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { count, difference, low: difference - margin, high: difference + margin };
}

/** The arithmetic mean. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The t that |T| stays below with probability 0.95, for a whole number ν of at least 1 degrees of freedom.
 *
 * With θ = arctan(t/√ν) the probability is a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4), which grows with θ.
 */
export function studentQuantile(freedom: number): number {
  let low = 0;
  let high = Math.PI / 2;
  // Halved until neighbouring numbers are reached.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, freedom) < confidence) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(low);
}

function probabilityWithin(theta: number, freedom: number): number {
  const cosine = Math.cos(theta);
  const isOdd = freedom % 2 === 1;
  // Each term is the one before times cos²θ · (k − 1)/k, with k = 3, 5, … or 2, 4, ….
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}
