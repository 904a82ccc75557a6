/** The contact sheet of an evaluation: for every row a few times the wanted picture, its condition, and both results. */
import type { TrialResult } from "./evaluate.js";
import { partCells } from "./part-pictures.js";
import { numberText } from "./report.js";
import { contactSheet, type SheetCell, type SheetRow } from "./sheet.js";

/** As a PNG. Only a condition that is given alone is shown; a caption stands under the wanted picture. */
export async function samplesSheet(results: readonly TrialResult[]): Promise<Buffer> {
  const rows = results.map(({ row, samples }): SheetRow => {
    const cells = samples.flatMap(({ wanted, given, without }): SheetCell[] => {
      const { image, parts } = wanted;
      const [name, ...others] = row.conditions;
      return [
        { image, label: name === "caption" ? parts.caption : "wanted" },
        ...(others.length === 0 ? partCells({ [name]: parts[name] }, image.width) : []),
        { image: given, label: "generated" },
        { image: without, label: "unconditional" },
      ];
    });
    const told = Object.entries(row.metrics).map(([metric, mean]) => ` ${metric} ${numberText(mean)}`);
    return { title: row.conditions.length === 1 ? `${row.name}:${told.join()}` : row.name, cells };
  });
  return contactSheet(rows);
}
