/**
 * Composer: takes pictures apart and puts pictures together. One object holds a device and three nets, which are copied to
 * the device and compiled when a call first needs them.
 */

import { conditionNames } from "../conditions/condition.js";
import { ClipEncoders } from "../conditions/encoders.js";
import type { EncodedConditions } from "../conditions/model-inputs.js";
import type { Parts } from "../conditions/parts.js";
import { Perception } from "../conditions/perception.js";
import { type ImageInput, readImage } from "../conditions/read-image.js";
import { endId } from "../data/vocabulary.js";
import type { CounterpointError } from "../graph/error.js";
import { type ChosenDevice, type ChosenDeviceInfo, openDevice } from "../machine/choose.js";
import { checkOptions } from "../options/check.js";
import { DeviceWeights } from "../session/device-weights.js";
import { Lifetime } from "../session/lifetime.js";
import { pretrainedFolder } from "../weights/pretrained.js";
import { adherenceOf } from "./adherence.js";
import { partsOfImage, wantedOf } from "./decompose.js";
import { type Model, readModel } from "./model.js";
import { type ComposeOptions, type DecomposeOptions, type LoadOptions, loadOptions } from "./options.js";
import { CompositionPrograms } from "./programs.js";
import { type PartsInput, type Request, requestOf } from "./request.js";
import { type ComposeResult, type Manifest, maskErrorOf, withKept } from "./result.js";
import { Run, type RunReporter } from "./run.js";
import { sample } from "./sample.js";
import { version } from "./version.js";

export class Composer {
  private readonly lifetime = new Lifetime("Composer");
  private readonly facts: Readonly<Pick<Model["composer"], "config" | "prediction"> & Pick<Manifest, "weights">>;
  private readonly programs: Once<CompositionPrograms>;
  private readonly observers: { readonly encoders: Once<ClipEncoders>; readonly perception: Once<Perception> };

  private constructor(
    private readonly chosen: ChosenDevice,
    { composer, clip, percept }: Model,
  ) {
    const { device } = chosen;
    const [clipConfig, perceptConfig, config] = [clip.config, percept.config, composer.config];
    this.facts = {
      config,
      prediction: composer.prediction,
      weights: { composer: composer.sha256, clip: clip.sha256, percept: percept.sha256 },
    };
    this.programs = once(composer.weights, async (weights) => {
      return new CompositionPrograms(device, config, await DeviceWeights.load(device, weights));
    });
    this.observers = {
      encoders: once(clip.weights, (weights) => ClipEncoders.open(device, clipConfig, weights)),
      perception: once(percept.weights, (weights) => Perception.open(device, perceptConfig, weights)),
    };
  }

  /**
   * Reads and checks the weights and opens the device.
   *
   * Throws CP_ARG_UNKNOWN, CP_ARG_TYPE, CP_ARG_RANGE for options; CP_MODEL_NOT_FOUND, CP_WEIGHTS_…, CP_CONFIG_INVALID for
   * weights that are absent, broken or of another net; CP_NATIVE_LOAD, CP_ISA_UNSUPPORTED, CP_CUDA_… (see
   * `openCudaDevice`) for the device.
   */
  static async load(options: LoadOptions = {}): Promise<Composer> {
    const { device, threads, isa, dtype, weights } = checkOptions(loadOptions, options, "Composer.load()");
    const model = await readModel(weights ?? pretrainedFolder());
    return new Composer(openDevice(device, { threads, isa, dtype }), model);
  }

  /** What is computed on, and what `auto` did not take. */
  get device(): ChosenDeviceInfo {
    return { ...this.chosen.device.info, skipped: this.chosen.skipped };
  }

  /** Pixels a side of every picture that comes out, and that pictures are cropped to on their way in. */
  get imageSize(): number {
    return this.facts.config.imageSize;
  }

  /**
   * Takes a picture apart. Every representation that the picture has comes back, apart from masking, which is the user's
   * choice and only made (all kept) where `only` names it. No caption comes back where the net is not sure of one.
   *
   * Throws what `readImage` throws, CP_ARG_… for options, CP_CANCELLED, CP_CLOSED.
   */
  async decompose(image: ImageInput, options: DecomposeOptions = {}): Promise<Parts> {
    this.lifetime.requireOpen();
    const wanted = wantedOf(options);
    return this.guarded(wanted.signal, async (signal) => {
      return partsOfImage(await readImage(image, { size: this.imageSize }), wanted, this.observers, signal);
    });
  }

  /**
   * Puts pictures together from any subset of parts, none at all included. The work starts at once; the run is awaited
   * for the result or iterated for its steps.
   *
   * The run throws CP_ARG_… for parts and options before anything is computed, CP_CANCELLED within one step of the
   * signal, CP_CLOSED after `close`, CP_OOM_HOST.
   */
  compose(parts: PartsInput, options: ComposeOptions = {}): Run {
    return new Run(async (reporter) => {
      this.lifetime.requireOpen();
      const request = requestOf(parts, options, this.facts.config);
      return this.guarded(request.signal, (signal) => this.execute(request, reporter, signal));
    });
  }

  /** Cancels what is under way (CP_CLOSED), waits for it and frees everything. Idempotent. */
  async close(): Promise<void> {
    await this.lifetime.end();
    const { encoders, perception } = this.observers;
    for (const net of [this.programs, encoders, perception])
      await (await net.opened()?.catch(() => undefined))?.close();
    await this.chosen.device.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async execute(request: Request, reporter: RunReporter, signal: AbortSignal): Promise<ComposeResult> {
    const begun = performance.now();
    const { config, prediction } = this.facts;
    const { parts, seed, count, branches, measure } = request;
    const programs = await this.programs();
    const [session, caption] = await Promise.all([
      programs.of({ images: count, branches: branches.length }),
      this.encodedCaption(request, signal),
    ]);
    const prepared = performance.now();
    const encoded = [{ ...request.encoded, caption }];
    const sampled = await sample(session, { config, prediction, request, encoded, reporter, signal });
    const done = performance.now();
    const { masking } = parts;
    const maskErrorBefore = masking ? sampled.map((image) => maskErrorOf(image, masking)) : [];
    const images = masking ? sampled.map((image) => withKept(image, masking)) : sampled;
    const asked = measure ? { parts, sentence: caption?.sentence } : { parts: {} };
    const adherence = await adherenceOf(images, asked, this.observers, signal);
    const timings = {
      prepareMs: prepared - begun,
      sampleMs: done - prepared,
      measureMs: performance.now() - done,
    };
    return { images, seed, adherence, maskErrorBefore, manifest: this.manifestOf(request, timings) };
  }

  private async encodedCaption({ tokens }: Request, signal: AbortSignal): Promise<EncodedConditions["caption"]> {
    if (!tokens) return undefined;
    const [caption] = await (await this.observers.encoders()).captions([tokens], [tokens.indexOf(endId)], signal);
    return caption;
  }

  private manifestOf(request: Request, timings: Manifest["timings"]): Manifest {
    const { steps, guidance, eta, seed, first, count, unguided, measure, given, branches } = request;
    return {
      version,
      device: this.device,
      weights: this.facts.weights,
      options: { steps, guidance, eta, seed, first, count, unguided: [...unguided], measure },
      conditions: given,
      branches: branches.map(({ conditions, weight }) => {
        return { conditions: conditionNames.filter((name) => conditions.has(name)), weight };
      }),
      timings,
    };
  }

  /** Runs `work` under the caller's signal and this object's closing, and tells which of them ended it. */
  private async guarded<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.lifetime.run(signal, work);
    } catch (error) {
      const cancelled = (error as CounterpointError).code === "CP_CANCELLED";
      throw cancelled && this.lifetime.isClosed ? this.lifetime.closedError() : error;
    }
  }
}

/** Opens something when first asked; `opened` is what came of it, or null. */
interface Once<T> {
  (): Promise<T>;
  opened(): Promise<T> | null;
}

/** A failure is not kept: the next call tries again. The source is let go when it has been used. */
function once<Source, T>(source: Source, open: (source: Source) => Promise<T>): Once<T> {
  let held: Source | null = source;
  let promise: Promise<T> | null = null;
  const settle = async (opening: Promise<T>) => {
    await opening.then(
      () => {
        held = null;
      },
      () => {
        promise = null;
      },
    );
  };
  const ask = () => {
    if (!promise) {
      promise = open(held!);
      void settle(promise);
    }
    return promise;
  };
  return Object.assign(ask, { opened: () => promise });
}
