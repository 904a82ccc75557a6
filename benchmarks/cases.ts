/** What is measured: plain data, which every contender reads from its own side. */

/** y [N S S O] = x [N S S I] * w, stride 1, padding that keeps the size, with a bias. */
export interface ConvCase {
  readonly kind: "conv";
  readonly batch: number;
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: 1 | 3;
  /** Without the algorithms that round more than the direct sum. */
  readonly strict?: true;
}

/** y [M O] = x [M I] · w + bias. */
export interface LinearCase {
  readonly kind: "linear";
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** y [N Q heads·width] from q of that shape and k, v [N K heads·width]. */
export interface AttentionCase {
  readonly kind: "attention";
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
}

/** silu(groupNorm(x)), x [N S S C]. */
export interface GroupNormCase {
  readonly kind: "groupNorm";
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly groups: number;
}

export type OpCase = ConvCase | LinearCase | AttentionCase | GroupNormCase;

/**
 * One evaluation of a net at its published configuration, weights random: Stable Diffusion 1.5's U-Net at 64×64 latents, its
 * autoencoder's decoder to 512×512 pixels, its text encoder, a small U-Net of the same kind over 64×64 pixels, and
 * composer-mini. What does not depend on the step is computed before.
 */
export interface NetCase {
  readonly kind: "net";
  readonly net: "sd15-unet" | "sd-vae-decoder" | "clip-vit-l14-text" | "small-unet" | "composer-mini";
  readonly batch: number;
}

/** One training step of composer-mini: forward, backward, clipping, AdamW, average (training.ts). */
export interface TrainCase {
  readonly kind: "train";
  readonly batch: number;
}

/** One guided composition by composer-mini: prepare, then `steps` steps of two branches. */
export interface JobCase {
  readonly kind: "job";
  readonly steps: number;
}

export type Case = OpCase | NetCase | TrainCase | JobCase;

export function isOp(work: Case): work is OpCase {
  return work.kind !== "net" && work.kind !== "train" && work.kind !== "job";
}

const conv = (batch: number, channels: number, size: number, kernel: 1 | 3 = 3): ConvCase => {
  return { kind: "conv", batch, size, inputs: channels, outputs: channels, kernel };
};
const strict = (work: ConvCase): ConvCase => ({ ...work, strict: true });
const linear = (rows: number, inputs: number, outputs: number): LinearCase => {
  return { kind: "linear", rows, inputs, outputs };
};
const net = (name: NetCase["net"]) => {
  return (batch: number): NetCase => ({ kind: "net", net: name, batch });
};
const attention = (queries: number, keys: number, width: number): AttentionCase => {
  return { kind: "attention", batch: 2, heads: 8, queries, keys, width };
};

/** By the word on the command line. The ops' shapes are those of Stable Diffusion 1.5 and its decoder. */
export const suites = {
  ops: [
    conv(2, 320, 64),
    conv(2, 640, 32),
    conv(2, 1280, 16),
    conv(2, 1280, 8),
    conv(2, 64, 64),
    conv(1, 512, 64),
    conv(1, 256, 256),
    conv(1, 128, 512),
    strict(conv(2, 320, 64)),
    strict(conv(2, 640, 32)),
    strict(conv(2, 1280, 16)),
    conv(2, 320, 64, 1),
    linear(8192, 320, 320),
    linear(8192, 320, 2560),
    linear(2048, 640, 5120),
    attention(4096, 4096, 40),
    attention(1024, 1024, 80),
    attention(256, 256, 160),
    attention(4096, 77, 40),
    { kind: "groupNorm", batch: 2, size: 64, channels: 320, groups: 32 },
  ],
  step: [
    ...[1, 2, 8].map(net("composer-mini")),
    ...[1, 2, 8].map(net("small-unet")),
    net("clip-vit-l14-text")(2),
    net("sd15-unet")(2),
    net("sd-vae-decoder")(1),
  ],
  train: [{ kind: "train", batch: 16 }],
  job: [{ kind: "job", steps: 50 }],
} satisfies Record<string, readonly Case[]>;

export type SuiteName = keyof typeof suites;

/** As it stands in tables: "conv 3×3, 2 × 64² × 320 → 320". */
export function nameOf(work: Case): string {
  switch (work.kind) {
    case "conv":
      return `conv ${work.kernel}×${work.kernel}${work.strict ? " strict" : ""}, ${work.batch} × ${work.size}² × ${work.inputs} → ${work.outputs}`;
    case "linear":
      return `linear, ${work.rows} × ${work.inputs} → ${work.outputs}`;
    case "attention":
      return `attention, ${work.batch} × ${work.heads} heads × ${work.width}, ${work.queries} to ${work.keys}`;
    case "groupNorm":
      return `groupNorm + silu, ${work.batch} × ${work.size}² × ${work.channels}`;
    case "net":
      return `${work.net}, batch ${work.batch}`;
    case "train":
      return `composer-mini, training step, batch ${work.batch}`;
    case "job":
      return `composer-mini, guided composition, ${work.steps} steps`;
  }
}
