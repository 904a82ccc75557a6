/**
 * What does composer-mini learn fastest? Trains it for a few hundred steps in each parameterisation, from the same seed on
 * the same scenes, and evaluates each: the record behind the preset's choice.
 *
 *     npm run sweep [-- --steps 400 --count 32 --learning-rate 6e-4 --out out/sweep]
 *
 * Prints a table and writes report.json into the folder. A run that was stopped goes on where it was.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ClipEncoders } from "../lib/conditions/encoders.js";
import { vocabulary } from "../lib/data/vocabulary.js";
import { runEvaluation } from "../lib/evaluate/run-evaluation.js";
import { openCpuDevice } from "../lib/machine/cpu.js";
import { clipMini, composerMini } from "../lib/models/presets.js";
import type { PredictionType } from "../lib/samplers/schedule.js";
import { ComposerTask } from "../lib/training/composer-task.js";
import { dropouts } from "../lib/training/dropout.js";
import { train } from "../lib/training/train.js";
import { pretrainedFiles, pretrainedFolder } from "../lib/weights/pretrained.js";
import { readSafetensors } from "../lib/weights/safetensors.js";

const contenders: readonly { readonly prediction: PredictionType; readonly minSnr: number | null }[] = [
  { prediction: "v", minSnr: 5 },
  { prediction: "v", minSnr: null },
  { prediction: "x0", minSnr: 5 },
  { prediction: "epsilon", minSnr: null },
];
/** Dense conditions say soonest whether a net has begun to listen. */
const only = ["sketch", "instances", "depth", "intensity"] as const;

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "400" },
    count: { type: "string", default: "32" },
    "learning-rate": { type: "string", default: "6e-4" },
    out: { type: "string", default: "out/sweep" },
  },
});
const [steps, count, learningRate] = [Number(values.steps), Number(values.count), Number(values["learning-rate"])];

async function trained(prediction: PredictionType, minSnr: number | null, folder: string): Promise<number> {
  const device = openCpuDevice();
  const { tensors } = await readSafetensors(join(pretrainedFolder(), pretrainedFiles.clip));
  const batch = 16;
  const encoders = await ClipEncoders.open(device, clipMini(vocabulary.length), tensors, batch);
  // A longer run's schedule: all of these steps are warm-up and plateau.
  const options = {
    config: composerMini,
    prediction,
    minSnr,
    dropout: dropouts["per-sample"],
    batch,
    seed: 1,
    steps: 10 * steps,
  };
  const task = new ComposerTask({ ...options, learningRate }, encoders);
  const { samples } = await train(task, { device, folder, steps, seed: 1, checkpointSeconds: 600 });
  await task.close();
  await device.close();
  return samples;
}

const rows = [];
for (const { prediction, minSnr } of contenders) {
  const name = `${prediction}, ${minSnr === null ? "plain" : `min-SNR-${minSnr}`}`;
  const folder = join(values.out, name.replaceAll(/[^\w]+/g, "-"));
  await mkdir(folder, { recursive: true });
  const samples = await trained(prediction, minSnr, folder);
  for (const file of [pretrainedFiles.clip, pretrainedFiles.percept, pretrainedFiles.judge]) {
    await copyFile(join(pretrainedFolder(), file), join(folder, file));
  }
  const settings = { count, steps: 10, guidance: 1, eta: 0, seed: 0, only: [...only], weights: folder };
  const { report } = await runEvaluation(settings, {});
  const metrics = Object.fromEntries(report.rows.flatMap((row) => Object.entries(row.metrics)));
  const baseline = Object.fromEntries(report.rows.flatMap((row) => Object.entries(row.baseline)));
  rows.push({ name, samples, metrics, baseline });
  const cells = Object.entries(metrics).map(([metric, value]) => `${metric} ${value.toFixed(3)}`);
  console.log(`${name.padEnd(18)} ${samples} samples  ${cells.join("  ")}`);
  await writeFile(
    join(values.out, "report.json"),
    `${JSON.stringify({ steps, count, learningRate, rows }, null, 2)}\n`,
  );
}
