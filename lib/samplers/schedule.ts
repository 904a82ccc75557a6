/**
 * The noise schedule: x_t = √ᾱ_t · x₀ + √(1 − ᾱ_t) · ε for t in 0 … T−1.
 *
 * Cosine schedule of Nichol & Dhariwal 2021, eq. 17, offset 0.008, β capped at 0.999 ("squaredcos_cap_v2"), which the
 * published relatives of Composer use. All in f64; coefficients are rounded once, when they become inputs.
 */

/** What the net's output stands for: the noise ε, the clean image x₀, or v = √ᾱ ε − √(1−ᾱ) x₀ (Salimans & Ho 2022). */
export type PredictionType = "epsilon" | "v" | "x0";

export interface NoiseSchedule {
  /** T, the number of training timesteps. */
  readonly timesteps: number;
  /** ᾱ_t by t. */
  readonly alphaBar: Float64Array;
}

/** The cosine schedule over `timesteps` steps. */
export function cosineSchedule(timesteps = 1000): NoiseSchedule {
  const signal = (fraction: number) => Math.cos(((fraction + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  const alphaBar = new Float64Array(timesteps);
  let product = 1;
  for (let t = 0; t < timesteps; t++) {
    product *= 1 - Math.min(1 - signal((t + 1) / timesteps) / signal(t / timesteps), 0.999);
    alphaBar[t] = product;
  }
  return { timesteps, alphaBar };
}

/** (a, b) such that x₀ = a · x_t + b · prediction. */
export function cleanImageCoefficients(prediction: PredictionType, alphaBar: number): [number, number] {
  const signal = Math.sqrt(alphaBar);
  const noise = Math.sqrt(1 - alphaBar);
  if (prediction === "epsilon") return [1 / signal, -noise / signal];
  return prediction === "v" ? [signal, -noise] : [0, 1];
}

/** (a, b) such that the net's training target is a · x₀ + b · ε. */
export function targetCoefficients(prediction: PredictionType, alphaBar: number): [number, number] {
  if (prediction === "epsilon") return [0, 1];
  return prediction === "v" ? [-Math.sqrt(1 - alphaBar), Math.sqrt(alphaBar)] : [1, 0];
}

/**
 * The loss weight of a timestep: 1, or with `gamma` min-SNR-γ of Hang et al. 2023, which caps the weight that the clean
 * image's error gets at γ: min(SNR, γ) for x₀, over SNR for ε, over SNR + 1 for v.
 */
export function lossWeight(prediction: PredictionType, alphaBar: number, gamma: number | null): number {
  if (gamma === null) return 1;
  const snr = alphaBar / (1 - alphaBar);
  const capped = Math.min(snr, gamma);
  if (prediction === "epsilon") return capped / snr;
  return prediction === "v" ? capped / (snr + 1) : capped;
}
