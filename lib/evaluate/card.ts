/** The table of an evaluation as Markdown, for the card of the weights. */
import { type Report, tableHead, tableLines } from "./report.js";

/** The table with the sentence that says how it was measured. */
export function evaluationTable(report: Report): string {
  const { count, steps, guidance, eta, seed, version, device } = report;
  const lines = tableLines(report.rows);
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return `${[
    `\`counterpoint evaluate --count ${count} --steps ${steps} --guidance ${guidance} --eta ${eta} --seed ${seed}\`, version ${version},`,
    `on ${device.name} (${device.kind}, ${device.isa}). Means over held-out scenes, with the conditions and without; the`,
    "baseline is the unconditional picture from the same noise. Intervals: 95 %, paired t. Better: the whole interval is.",
    "Local conditions stand in both branches of the guidance, so a local condition alone is not guided. Captions alone are",
    "asked of fresh scenes with one object, and right when the judge finds exactly one, with every attribute; unseen are the",
    "combinations of shape, colour and material that no training scene has.",
    "",
    row(tableHead),
    row(["---", "---", "---:", "---:", "---:", "---", "---:"]),
    ...lines.map(([name, ...cells], i) => row([name === lines[i - 1]?.[0] ? "" : name, ...cells])),
  ].join("\n")}\n`;
}
