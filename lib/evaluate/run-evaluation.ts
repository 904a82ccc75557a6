/** A whole evaluation: opens the model, its judge and the scenes, measures every wanted row, and closes everything. */
import { join } from "node:path";
import { type Model, readModel, readPercept } from "../composer/model.js";
import { CompositionPrograms } from "../composer/programs.js";
import { version } from "../composer/version.js";
import { conditionNames } from "../conditions/condition.js";
import { ClipEncoders } from "../conditions/encoders.js";
import { Perception } from "../conditions/perception.js";
import { Scenes } from "../data/scenes.js";
import { openDevice } from "../machine/choose.js";
import type { Device } from "../machine/device.js";
import { DeviceWeights } from "../session/device-weights.js";
import { pretrainedFiles, pretrainedFolder } from "../weights/pretrained.js";
import { casesOf } from "./cases.js";
import { type EvaluationProgress, runTrials, type TrialResult, trialsOf } from "./evaluate.js";
import { ModelGenerator } from "./generator.js";
import { clipRow, judgeRow } from "./instruments.js";
import { type Instruments, needsJudge } from "./measure.js";
import { type EvaluateOptions, rowNames } from "./options.js";
import type { Report } from "./report.js";

export interface Evaluation {
  readonly report: Report;
  /** The generated rows with pictures to look at. */
  readonly results: readonly TrialResult[];
}

export interface EvaluationWatch {
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal?: AbortSignal;
}

/** The nets on their device. */
interface Opened extends Instruments {
  readonly encoders: ClipEncoders;
  readonly programs: CompositionPrograms;
}

/** Images computed at once. */
const batch = 16;

/**
 * Evaluates a folder of weights; the judge's are needed where a row is measured by it. `options` are checked already, with
 * every default filled in, apart from `only` and those of `Composer.load`.
 *
 * Throws CP_MODEL_NOT_FOUND, CP_WEIGHTS_…, CP_CONFIG_INVALID for weights, what `openDevice` throws, CP_OOM_HOST, CP_CANCELLED.
 */
export async function runEvaluation(options: Readonly<EvaluateOptions>, watch: EvaluationWatch): Promise<Evaluation> {
  const begun = performance.now();
  const settings = {
    count: options.count!,
    steps: options.steps!,
    guidance: options.guidance!,
    eta: options.eta!,
    seed: options.seed!,
  };
  const names = new Set(options.only ?? rowNames);
  const folder = options.weights ?? pretrainedFolder();
  const model = await readModel(folder);
  const judging =
    names.has("all") || names.has("judge") || needsJudge(conditionNames.filter((name) => names.has(name)));
  const judge = judging ? await readPercept(join(folder, pretrainedFiles.judge)) : null;
  const { device } = openDevice(options.device, options);
  const scenes = Scenes.open();
  try {
    const nets = await openNets(device, model, judge);
    const { imageSize: size } = model.composer.config;
    const cases = await casesOf(scenes, nets.encoders, { ...settings, size }, watch.signal);
    const generator = new ModelGenerator(model.composer, nets.programs, nets.encoders, settings);
    const run = { steps: settings.steps, batch, ...watch };
    const results = await runTrials(trialsOf(names, cases), generator, nets, run);
    const rows = results.map(({ row }) => row);
    if (names.has("judge")) rows.push(await judgeRow(cases, nets, watch.signal));
    if (names.has("clip")) rows.push(await clipRow(scenes, nets, { ...settings, size, signal: watch.signal }));
    const weights = {
      composer: model.composer.sha256,
      clip: model.clip.sha256,
      ...(judge && { judge: judge.sha256 }),
    };
    const elapsedMs = performance.now() - begun;
    return { report: { version, device: device.info, weights, ...settings, rows, elapsedMs }, results };
  } finally {
    scenes.close();
    await device.close();
  }
}

async function openNets(device: Device, { composer, clip }: Model, judge: Model["percept"] | null): Promise<Opened> {
  return {
    programs: new CompositionPrograms(device, composer.config, await DeviceWeights.load(device, composer.weights)),
    encoders: await ClipEncoders.open(device, clip.config, clip.weights, batch),
    judge: judge ? await Perception.open(device, judge.config, judge.weights, batch) : undefined,
  };
}
