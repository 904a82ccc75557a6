/** The record of a benchmark, and how it is printed. */
import type { Case } from "./cases.js";
import { median, shareOfPeak } from "./timing.js";

export interface ContenderRecord {
  readonly about: Readonly<Record<string, string>>;
  /** The first run, after everything was built. */
  readonly firstMs: number;
  /** From the start of the process to the end of the first run: of each process that was started. */
  readonly startsMs: readonly number[];
  readonly ms: readonly number[];
  readonly medianMs: number;
  /** The largest the process has been. */
  readonly peakBytes: number;
  /** ‖out − exact‖ / ‖exact‖, of ops. */
  readonly error?: number;
  /** Of training, by step from the same weights over the same batch: the first run's, the warm-up's, then those of `ms`. */
  readonly losses?: readonly number[];
}

export interface CaseRecord {
  readonly name: string;
  readonly case: Case;
  readonly flops: number;
  /** Median of what was measured between the turns. */
  readonly peakGflops: number;
  readonly contenders: Readonly<Record<string, ContenderRecord>>;
  /** What a contender could not do, and why. */
  readonly failures: Readonly<Record<string, string>>;
}

export interface Report {
  readonly date: string;
  readonly machine: {
    readonly name: string;
    readonly isa: string;
    readonly threads: number;
    readonly readGigabytesPerSecond: number;
  };
  /** What weights, and where a contender does so activations, are kept and multiplied in; f32 where a record has none. */
  readonly dtype?: string;
  readonly command: string;
  readonly cases: CaseRecord[];
}

/** How many times as long as ours each other contender takes. */
export function ratiosOf({ contenders }: CaseRecord): Record<string, number> {
  const { counterpoint, ...others } = contenders;
  const entries = Object.entries(others).map(([name, { medianMs }]) => [name, medianMs / counterpoint.medianMs]);
  return counterpoint ? Object.fromEntries(entries) : {};
}

/** ‖theirs − ours‖ / ‖ours‖ of two curves of losses, as far as both go. */
export function curveDistance(ours: readonly number[], theirs: readonly number[]): number {
  const common = ours.slice(0, theirs.length);
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(common.map((loss, step) => theirs[step] - loss)) / squares(common));
}

const losses = (record: CaseRecord, name: string) => {
  const [ours, theirs] = [record.contenders.counterpoint?.losses, record.contenders[name].losses];
  if (!theirs) return "";
  const ends = `loss ${theirs[0].toFixed(4)} to ${theirs.at(-1)!.toFixed(4)} in ${theirs.length} steps`;
  return ours && ours !== theirs ? `${ends}, off ours by ${curveDistance(ours, theirs).toExponential(1)}` : ends;
};

/** Where and in what a record was measured, on a chart and over a table. */
export function titleOf({ machine, dtype = "f32", date }: Report): string {
  return `${machine.name}, ${machine.isa}, ${machine.threads} threads, ${dtype}, ${date}`;
}

export const printed = {
  machine: ({ date, machine, dtype = "f32" }: Report) =>
    `${machine.name}, ${machine.isa}, ${machine.threads} threads, ${dtype}, reads ${machine.readGigabytesPerSecond.toFixed(1)} GB/s, ${date}`,

  case: (record: CaseRecord) => {
    const ratios = ratiosOf(record);
    const lines = Object.entries(record.contenders).map(([name, { medianMs, error, startsMs, peakBytes }]) => {
      const share = shareOfPeak(record.flops, medianMs, record.peakGflops);
      const words = [
        `  ${name.padEnd(20)} ${medianMs.toPrecision(4).padStart(9)} ms`,
        record.flops ? `${(100 * share).toFixed(0).padStart(4)} % of peak (${(1 / share).toFixed(2)} × its floor)` : "",
        name in ratios ? `${ratios[name].toFixed(2)} × ours` : "",
        error === undefined ? "" : `error ${error.toExponential(1)}`,
        losses(record, name),
        record.case.kind === "net"
          ? `from start ${(median(startsMs) / 1000).toFixed(1)} s, ${(peakBytes / 2 ** 20).toFixed(0)} MiB`
          : "",
      ];
      return words.filter(Boolean).join(", ");
    });
    const failures = Object.entries(record.failures).map(([name, why]) => `  ${name.padEnd(20)} ${why}`);
    const head = `${record.name}: ${(record.flops / 1e9).toFixed(1)} GFLOP, peak ${record.peakGflops.toFixed(0)} GF/s`;
    return [head, ...lines, ...failures].join("\n");
  },
};
