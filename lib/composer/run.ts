/**
 * A composition under way: `await run` for the result, `for await (const event of run)` to watch it.
 *
 * The work starts at once and goes on whether or not anybody watches. Watching costs one small read a step.
 */
import type { Image } from "../conditions/image.js";
import type { ComposeResult } from "./result.js";

/**
 * One denoising step is done. `previews` are the x̂₀ of each image: what the net takes the clean picture to be; empty for
 * steps that were done before anybody watched.
 */
export interface StepEvent {
  readonly type: "step";
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  readonly elapsedMs: number;
  readonly previews: readonly Image[];
}

/** What the sampling loop tells a run, and what it may ask of it. */
export interface RunReporter {
  /** Whether anybody watches, so that previews are worth reading. */
  readonly watched: boolean;
  report(event: StepEvent): void;
}

export class Run implements PromiseLike<ComposeResult>, AsyncIterable<StepEvent> {
  private readonly outcome: Promise<ComposeResult>;
  private readonly events: StepEvent[] = [];
  private waiting: (() => void)[] = [];
  private watched = false;
  private finished = false;

  constructor(work: (reporter: RunReporter) => Promise<ComposeResult>) {
    const run = this;
    this.outcome = work({
      get watched() {
        return run.watched;
      },
      report(event) {
        run.events.push(event);
        run.wake();
      },
    }).finally(() => {
      this.finished = true;
      this.wake();
    });
    // Whoever only watches learns of a failure from the iterator; nobody's unhandled rejection.
    this.outcome.catch(() => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: a run is awaitable by design
  then<A = ComposeResult, B = never>(
    onResult?: ((result: ComposeResult) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.outcome.then(onResult, onError);
  }

  /** The steps, each once and from the first on; ends with the run and throws what it throws. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepEvent, void, void> {
    this.watched = true;
    let next = 0;
    while (true) {
      while (next < this.events.length) yield this.events[next++];
      if (this.finished) break;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    await this.outcome;
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
