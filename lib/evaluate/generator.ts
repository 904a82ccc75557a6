/** Where an evaluation's pictures come from: the model, in batches of images that each have conditions of their own. */
import type { Model } from "../composer/model.js";
import type { CompositionPrograms } from "../composer/programs.js";
import { type Request, requestOf } from "../composer/request.js";
import { sample } from "../composer/sample.js";
import type { ClipEncoders } from "../conditions/encoders.js";
import type { Image } from "../conditions/image.js";
import type { EncodedConditions } from "../conditions/model-inputs.js";
import type { Parts } from "../conditions/parts.js";
import { endId } from "../data/vocabulary.js";

/** Makes pictures to measure. */
export interface Generator {
  /**
   * Pictures number `first`, `first + 1`, …, one for each of `parts`, which all name the same conditions, none at all
   * included. A picture is a function of its number and its parts alone.
   */
  generate(
    parts: readonly Parts[],
    first: number,
    watch: { readonly onStep: () => void; readonly signal?: AbortSignal },
  ): Promise<readonly Image[]>;
}

export interface GeneratorSettings {
  readonly steps: number;
  readonly guidance: number;
  readonly eta: number;
  readonly seed: number;
}

/** Generates as `Composer.compose` does, with its defaults, apart from putting kept pixels back. */
export class ModelGenerator implements Generator {
  constructor(
    private readonly model: Model["composer"],
    private readonly programs: CompositionPrograms,
    private readonly encoders: ClipEncoders,
    private readonly settings: GeneratorSettings,
  ) {}

  async generate(
    parts: readonly Parts[],
    first: number,
    { onStep, signal = new AbortController().signal }: { onStep: () => void; signal?: AbortSignal },
  ): Promise<Image[]> {
    const { config, prediction } = this.model;
    // An evaluation's own options, its count among them, are none of a composition's.
    const { steps, guidance, eta, seed } = this.settings;
    const requests = parts.map((own, i) => requestOf(own, { steps, guidance, eta, seed, first: first + i }, config));
    const count = requests.length;
    const [request] = requests;
    const [session, captions] = await Promise.all([
      this.programs.of({ images: count, branches: request.branches.length, planes: count }),
      this.captionsOf(requests, signal),
    ]);
    const encoded = requests.map((own, i) => ({ ...own.encoded, caption: captions[i] }));
    const reporter = { watched: false, report: onStep };
    return sample(session, { config, prediction, request: { ...request, count }, encoded, reporter, signal });
  }

  /** Empty where the requests have no captions. */
  private async captionsOf(requests: readonly Request[], signal: AbortSignal): Promise<EncodedConditions["caption"][]> {
    const tokens = requests.flatMap((request) => (request.tokens ? [request.tokens] : []));
    return this.encoders.captions(
      tokens,
      tokens.map((ids) => ids.indexOf(endId)),
      signal,
    );
  }
}
