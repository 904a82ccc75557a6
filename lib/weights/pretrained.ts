/** Where the weights that come with the package lie, and what they are called. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CounterpointError } from "../graph/error.js";

/** The files of `pretrained/`: one a net, and the card that says how they were made. */
export const pretrainedFiles = {
  composer: "composer-mini.safetensors",
  clip: "clip-mini.safetensors",
  percept: "percept-mini.safetensors",
  judge: "judge.safetensors",
  card: "CARD.md",
} as const;

/**
 * The folder of the embedded default: `pretrained/` at the package's root, found from here upwards because compiled code
 * lies deeper than its source. Throws CP_MODEL_NOT_FOUND where the package came without it.
 */
export function pretrainedFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) {
      const pretrained = join(folder, "pretrained");
      if (existsSync(pretrained)) return pretrained;
    }
    if (folder === dirname(folder)) break;
  }
  throw new CounterpointError(
    "CP_MODEL_NOT_FOUND",
    'The folder "pretrained" with the embedded weights is not in this package: install it again or name a model.',
    { phase: "load" },
  );
}
