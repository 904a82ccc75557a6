/**
 * Checkpoints: everything a run needs to go on as if it had never stopped.
 *
 * One safetensors file of every state tensor (parameters, both moments, the average), with the step in its metadata.
 * It is written beside the old one, synced, and renamed over it, so that a kill at any moment leaves a whole file. The
 * data order and the noise are pure functions of the step, so nothing else has to be kept.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CounterpointError, quoted } from "../graph/error.js";
import { replaceFile } from "../weights/replace-file.js";
import { readSafetensors, type TensorMap, writeSafetensors } from "../weights/safetensors.js";

export interface Checkpoint {
  /** Steps done so far: the next step's index. */
  readonly step: number;
  readonly tensors: TensorMap;
}

const fileName = "checkpoint.safetensors";
const lossFileName = "loss.csv";

/** Writes the checkpoint of `task` into `folder`. */
export async function saveCheckpoint(folder: string, task: string, { step, tensors }: Checkpoint): Promise<void> {
  await writeSafetensors(join(folder, fileName), tensors, { metadata: { task, step: String(step) } });
}

/** The checkpoint in `folder`, or null where there is none. Throws CP_CHECKPOINT_MISMATCH for another task's. */
export async function loadCheckpoint(folder: string, task: string): Promise<Checkpoint | null> {
  const path = join(folder, fileName);
  const file = await readSafetensors(path).catch((error: unknown) => {
    if (error instanceof CounterpointError && error.code === "CP_MODEL_NOT_FOUND") return null;
    throw error;
  });
  if (!file) return null;
  const [got, step] = [file.metadata.get("task") ?? "no task", Number(file.metadata.get("step") ?? Number.NaN)];
  if (got !== task || !Number.isSafeInteger(step) || step < 0) {
    throw new CounterpointError(
      "CP_CHECKPOINT_MISMATCH",
      `${path} is a checkpoint of ${quoted(got)} at step ${step}, not of "${task}"; choose another folder or remove it.`,
      { phase: "train", details: { path, expected: task, got } },
    );
  }
  return { step, tensors: file.tensors };
}

/** The losses of steps 0 … step−1 recorded in `folder`; what a killed run wrote beyond its checkpoint is left out. */
export async function loadLosses(folder: string, step: number): Promise<number[]> {
  const text = await readFile(join(folder, lossFileName), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, step)
    .map(Number);
}

/**
 * One loss a line, the first of step 0. Saved before the checkpoint: lines beyond a checkpoint are left out when it is
 * loaded, but missing ones could not be made up.
 */
export async function saveLosses(folder: string, losses: readonly number[]): Promise<void> {
  const text = losses.map((loss) => `${loss}\n`).join("");
  await replaceFile(join(folder, lossFileName), [Buffer.from(text)]);
}
