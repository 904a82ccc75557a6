/** The life of something that is opened and closed: what is under way in it, and whether anything may still begin. */
import { CounterpointError } from "../graph/error.js";

export class Lifetime {
  private readonly running = new Set<Promise<unknown>>();
  private readonly cancels = new Set<() => void>();
  private ended = false;

  /** `name` is what error messages call it: "session". */
  constructor(private readonly name: string) {}

  /** Whether closing has begun. */
  get isClosed(): boolean {
    return this.ended;
  }

  /** Throws CP_CLOSED once closing has begun. */
  requireOpen(): void {
    if (this.ended) throw this.closedError();
  }

  closedError(): CounterpointError {
    return new CounterpointError("CP_CLOSED", `this ${this.name} has been closed`);
  }

  /** What `job` gives; `end` waits for it. */
  async track<T>(job: Promise<T>): Promise<T> {
    this.running.add(job);
    try {
      return await job;
    } finally {
      this.running.delete(job);
    }
  }

  /** What `work` gives under a signal that is raised by `signal` and by `end`, which waits for it. Throws CP_CLOSED. */
  async run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.requireOpen();
    // AbortSignal.any would keep a trace of every run on a signal that outlives it.
    const controller = new AbortController();
    const cancel = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", cancel);
    this.cancels.add(cancel);
    try {
      return await this.track(work(controller.signal));
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.cancels.delete(cancel);
    }
  }

  /** Cancels what is under way and waits until it has settled. Idempotent. */
  async end(): Promise<void> {
    this.ended = true;
    for (const cancel of this.cancels) cancel();
    await Promise.allSettled(this.running);
  }
}
