/**
 * Records of benchmarks as the tables that README.md shows.
 *
 *     npm run bench:table -- benchmarks/records/*.json
 *     npm run format   # once they are in README.md
 *
 * One table for each instruction set and dtype. A ratio is the time of the peer's best way to run the case over this engine's in the
 * same run; where a case stands in several records, each peer's latest counts.
 */
import { readFile } from "node:fs/promises";
import { peers } from "./contender.js";
import { type CaseRecord, type ContenderRecord, type Report, ratiosOf, titleOf } from "./report.js";
import { shareOfPeak } from "./timing.js";

interface Best {
  readonly way: string;
  readonly ratio: number;
  readonly record: ContenderRecord;
}

interface Row {
  readonly name: string;
  readonly ours: ContenderRecord;
  readonly share: number;
  /** By the peer's name. */
  readonly best: ReadonlyMap<string, Best>;
}

const peerNames = Object.keys(peers);

function rowOf(record: CaseRecord, known: Row | undefined): Row {
  const ratios = ratiosOf(record);
  const best = new Map(known?.best);
  for (const peer of peerNames) {
    const ways = peers[peer].filter((way) => way in ratios).sort((a, b) => ratios[a] - ratios[b]);
    if (ways.length === 0) continue;
    best.set(peer, { way: ways[0], ratio: ratios[ways[0]], record: record.contenders[ways[0]] });
  }
  const ours = record.contenders.counterpoint;
  return { name: record.name, ours, share: shareOfPeak(record.flops, ours.medianMs, record.peakGflops), best };
}

function tableOf(rows: readonly Row[]): string {
  const shown = peerNames.filter((peer) => rows.some(({ best }) => best.has(peer)));
  const heads = ["Case", "Ours", "Share of peak", ...shown.map((peer) => `${peer} ÷ ours`), "Error: ours, peers'"];
  const lines = [heads, ["---", ...heads.slice(1).map(() => "---:")]];
  for (const { name, ours, share, best } of rows) {
    const ratios = shown.map((peer) => best.get(peer)?.ratio.toFixed(2) ?? "");
    const errors = [ours, ...shown.flatMap((peer) => best.get(peer)?.record ?? [])].flatMap(({ error }) => error ?? []);
    const [own, ...others] = errors.map((error) => error.toExponential(1));
    const part = Number.isFinite(share) && share > 0 ? `${(100 * share).toFixed(0)} %` : "";
    const error = own ? [own, ...others].join(", ") : "";
    lines.push([name, `${Number(ours.medianMs.toPrecision(3))} ms`, part, ...ratios, error]);
  }
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const tables = new Map<string, { readonly title: string; readonly rows: Map<string, Row> }>();
for (const file of process.argv.slice(2)) {
  const report: Report = JSON.parse(await readFile(file, "utf8"));
  const key = `${report.machine.isa} ${report.dtype ?? "f32"}`;
  const { rows } = tables.get(key) ?? { rows: new Map<string, Row>() };
  tables.set(key, { title: titleOf(report), rows });
  for (const record of report.cases) rows.set(record.name, rowOf(record, rows.get(record.name)));
}
for (const { title, rows } of tables.values()) console.log(`${title}\n\n${tableOf([...rows.values()])}\n`);
