/** What an evaluation found, as data, and as lines for a terminal. */

import { type ConditionName, type MetricName, metricDirections } from "../conditions/condition.js";
import type { DeviceInfo } from "../machine/device.js";
import type { RowName } from "./options.js";
import { type Comparison, meanOf, pairedComparison } from "./statistics.js";

/** The metrics of conditions, and those of the instruments' own rows: shares of 0…1, higher is better. */
export type RowMetric = MetricName | "attributeAccuracy" | "retrievalAt1";
type Means = Partial<Readonly<Record<RowMetric, number>>>;

/** With the condition minus without, over images of the same number and noise; 95 % by the paired t. */
export interface RowComparison extends Comparison {
  /** Whether the whole interval is on the better side of 0. */
  readonly beatsBaseline: boolean;
}

export interface Row {
  readonly name: RowName;
  /** The conditions that the images were generated from; none in the instruments' own rows. */
  readonly conditions: readonly ConditionName[];
  /** Means over the images. */
  readonly metrics: Means;
  /** Means over the unconditional images of the same numbers; empty in the instruments' own rows. */
  readonly baseline: Means;
  readonly comparisons: Partial<Readonly<Record<MetricName, RowComparison>>>;
}

export interface Report {
  readonly version: string;
  readonly device: DeviceInfo;
  /** SHA-256 of each weights file. */
  readonly weights: Readonly<Record<string, string>>;
  readonly count: number;
  readonly steps: number;
  readonly guidance: number;
  readonly eta: number;
  readonly seed: number;
  readonly rows: readonly Row[];
  readonly elapsedMs: number;
}

/** One image's metrics with the conditions and without. */
export interface Pair {
  readonly given: Partial<Readonly<Record<MetricName, number>>>;
  readonly without: Partial<Readonly<Record<MetricName, number>>>;
}

/** The row of images that were measured; a metric that fewer than two of them have is left out. */
export function rowOf(name: RowName, conditions: readonly ConditionName[], pairs: readonly Pair[]): Row {
  const metrics: Partial<Record<MetricName, number>> = {};
  const baseline: Partial<Record<MetricName, number>> = {};
  const comparisons: Partial<Record<MetricName, RowComparison>> = {};
  for (const metric of Object.keys(metricDirections) as MetricName[]) {
    const measured = pairs.filter(({ given, without }) => given[metric] !== undefined && without[metric] !== undefined);
    if (measured.length < 2) continue;
    const given = measured.map((pair) => pair.given[metric]!);
    const without = measured.map((pair) => pair.without[metric]!);
    const comparison = pairedComparison(given, without);
    metrics[metric] = meanOf(given);
    baseline[metric] = meanOf(without);
    const beatsBaseline = metricDirections[metric] === "higher" ? comparison.low > 0 : comparison.high < 0;
    comparisons[metric] = { ...comparison, beatsBaseline };
  }
  return { name, conditions, metrics, baseline, comparisons };
}

/** The table's columns. */
export const tableHead: readonly string[] = [
  "conditions",
  "metric",
  "with",
  "without",
  "difference [95 %]",
  "better",
  "images",
];

/** The rows as cells under `tableHead`, one line a metric; ↓ marks metrics where lower is better. */
export function tableLines(rows: readonly Row[]): string[][] {
  return rows.flatMap(({ name, metrics, baseline, comparisons }) =>
    Object.entries(metrics).map(([metric, mean]) => {
      const known = metric in metricDirections ? (metric as MetricName) : undefined;
      const comparison = known && comparisons[known];
      return [
        name,
        `${metric} ${known && metricDirections[known] === "lower" ? "↓" : "↑"}`,
        numberText(mean),
        known && comparison ? numberText(baseline[known]!) : "",
        comparison ? differenceText(comparison) : "",
        comparison ? (comparison.beatsBaseline ? "yes" : "NO") : "",
        comparison ? String(comparison.count) : "",
      ];
    }),
  );
}

/** The table in columns, for a terminal. */
export function textTable(rows: readonly Row[]): string {
  const lines = [tableHead, ...tableLines(rows)];
  const widths = tableHead.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const aligned = (cell: string, column: number) =>
    column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return lines.map((cells) => cells.map(aligned).join("  ").trimEnd()).join("\n");
}

/** A metric's mean for people: three digits behind the point, two from 10 on. */
export function numberText(value: number): string {
  return value.toFixed(Math.abs(value) >= 10 ? 2 : 3);
}

function differenceText({ difference, low, high }: Comparison): string {
  return `${numberText(difference)} [${numberText(low)}, ${numberText(high)}]`;
}
