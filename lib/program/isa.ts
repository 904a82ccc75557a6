/** The instruction sets that CPU kernels are compiled for, by Node's name of the architecture, the best one first. */
export const isas = {
  x64: ["avx512bf16", "avx512", "avx2", "baseline"],
  arm64: ["neon"],
} as const;

export type Isa = (typeof isas)[keyof typeof isas][number];

export const isaNames: readonly Isa[] = Object.values(isas).flat();

/** Those of this process, though this CPU may lack some. */
export const ownIsas: readonly Isa[] = isas[process.arch as keyof typeof isas] ?? [];
