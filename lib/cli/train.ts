/** `counterpoint train <task>`: trains one of the embedded nets from procedural scenes, resumably. */
import { join } from "node:path";
import type { Command } from "commander";
import Type from "typebox";
import { loadOptions } from "../composer/options.js";
import { ClipEncoders } from "../conditions/encoders.js";
import { vocabulary } from "../data/vocabulary.js";
import { CounterpointError, quoted } from "../graph/error.js";
import { openCpuDevice } from "../machine/cpu.js";
import type { Device } from "../machine/device.js";
import { clipMini, composerMini, judge, perceptMini } from "../models/presets.js";
import { checkOptions, nearestName } from "../options/check.js";
import { ClipTask } from "../training/clip-task.js";
import { ComposerTask } from "../training/composer-task.js";
import { dropouts } from "../training/dropout.js";
import { type TrainRunOptions, trainOptions } from "../training/options.js";
import { PerceptTask } from "../training/percept-task.js";
import type { TrainingTask } from "../training/task.js";
import { train } from "../training/train.js";
import { pretrainedFiles, pretrainedFolder } from "../weights/pretrained.js";
import { readSafetensors } from "../weights/safetensors.js";
import { printJson, runCommand } from "./exit.js";
import { helpOf, numeric } from "./flags.js";
import { duration, progressBar } from "./progress.js";

interface TrainFlags extends TrainRunOptions {
  readonly out: string;
  readonly clip?: string;
  readonly init?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** The options with their defaults, those of the task included. */
type Settings = Required<Omit<TrainRunOptions, "learningRate">> & Pick<TrainRunOptions, "learningRate">;

/** What a task is called, how long it is trained by default, and its batch. */
const tasks: Readonly<Record<string, { readonly steps: number; readonly batch: number }>> = {
  "clip-mini": { steps: 3000, batch: 64 },
  "percept-mini": { steps: 4000, batch: 16 },
  judge: { steps: 4000, batch: 16 },
  "composer-mini": { steps: 50000, batch: 16 },
};

export function trainCommand(program: Command): void {
  const { steps, batch, seed, prediction, minSnr, dropout, singles, learningRate, checkpointSeconds } =
    trainOptions.properties;
  program
    .command("train")
    .description("train one of the embedded nets on procedural scenes; run it again to go on where it stopped")
    .argument("<task>", Object.keys(tasks).join(", "))
    .option("--steps <n>", helpOf(steps), numeric)
    .option("--batch <n>", helpOf(batch), numeric)
    .option("--seed <n>", helpOf(seed), numeric)
    .option("--out <folder>", "where checkpoint, loss.csv, loss.svg and weights go", "out/training")
    .option("--clip <file>", "clip-mini weights for composer-mini (default: the embedded ones)")
    .option("--prediction <type>", helpOf(prediction))
    .option("--min-snr <gamma>", helpOf(minSnr), numeric)
    .option("--dropout <reading>", helpOf(dropout))
    .option("--singles <share>", helpOf(singles), numeric)
    .option("--learning-rate <rate>", helpOf(learningRate), numeric)
    .option("--checkpoint-seconds <s>", helpOf(checkpointSeconds), numeric)
    .option("--init <file>", "weights to begin with, wherever their names and shapes fit")
    .option("--threads <n>", helpOf(loadOptions.properties.threads), numeric)
    .option("--json", "print one JSON value")
    .addHelpText("after", "\nExample:\n  counterpoint train clip-mini --steps 200 --out out/clip")
    .action((name: string, flags: TrainFlags) => runCommand(Boolean(flags.json), (signal) => run(name, flags, signal)));
}

async function run(name: string, flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const settings = settingsOf(name, flags);
  const { steps, seed, checkpointSeconds } = settings;
  const { threads } = checkOptions(
    Type.Pick(loadOptions, ["threads"]),
    { threads: flags.threads },
    "counterpoint train",
  );
  const initial = flags.init === undefined ? undefined : (await readSafetensors(flags.init)).tensors;
  const device = openCpuDevice({ threads });
  const task = await openTask(name, device, settings, flags.clip);
  const bar = progressBar(steps, `${name} {bar} {value}/{total} | loss {loss} | {rate} samples/s | {left} left`);
  try {
    const summary = await train(task, {
      device,
      folder: flags.out,
      steps,
      seed,
      initial,
      checkpointSeconds,
      signal,
      onStep: ({ step, loss, samplesPerSecond, secondsLeft }) => {
        const fields = { loss: loss.toFixed(4), rate: samplesPerSecond.toFixed(1), left: duration(secondsLeft) };
        bar.update(step, fields);
      },
    });
    bar.stop();
    const next = summary.steps < steps ? `; run the command again to go on` : "";
    if (flags.json) printJson(summary);
    else
      console.log(
        `${name}: ${summary.steps} of ${steps} steps, ${summary.samples} samples; ${summary.weightsFile}${next}`,
      );
  } finally {
    bar.stop();
    await task.close();
    await device.close();
  }
}

/** Throws CP_ARG_… for a task that is not there and for flags out of range. */
function settingsOf(name: string, flags: TrainFlags): Settings {
  const names = Object.keys(tasks);
  if (!names.includes(name)) {
    const meant = nearestName(name, names);
    const advice = meant ? `did you mean "${meant}"?` : `tasks: ${names.join(", ")}.`;
    throw new CounterpointError("CP_ARG_RANGE", `There is no task ${quoted(name)}; ${advice}`, {
      details: { got: name, expected: names, didYouMean: meant ?? null },
    });
  }
  const { out, clip, init, threads, json, ...options } = flags;
  return { ...tasks[name], ...checkOptions(trainOptions, options, "counterpoint train") } as Settings;
}

async function openTask(name: string, device: Device, settings: Settings, clip?: string): Promise<TrainingTask> {
  const { batch, seed, steps, prediction, minSnr, dropout, singles, learningRate } = settings;
  if (name === "clip-mini") return new ClipTask({ batch, seed, steps, singles });
  if (name === "percept-mini") return new PerceptTask({ name, config: perceptMini, batch, seed, steps });
  if (name === "judge") return new PerceptTask({ name, config: judge, batch, seed: seed + 1, steps });
  const weights = await readSafetensors(clip ?? join(pretrainedFolder(), pretrainedFiles.clip));
  const encoders = await ClipEncoders.open(device, clipMini(vocabulary.length), weights.tensors, batch);
  const options = {
    config: composerMini,
    prediction,
    minSnr: minSnr > 0 ? minSnr : null,
    dropout: dropouts[dropout],
    singles,
    batch,
    seed,
    steps,
    learningRate,
  };
  return new ComposerTask(options, encoders);
}
