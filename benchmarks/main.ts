/**
 * Speed, against the machine's own peak and against peers.
 *
 *     npm run bench [-- ops|step|train|job …] [--peer torch,openvino,onnxruntime] [--only text] [--rounds n] [--isa name] [--json]
 *
 * A peer may be named by one of its ways alone, such as "torch channels_last": torch's compilation takes minutes.
 * Every contender is a process of its own with the same threads; they take turns, so that whatever else the machine does
 * falls on all of them alike, and medians are compared. Peak is what the op `multiplyAdds` reaches, measured in the same
 * turns. A share of it counts the direct method's operations. Errors of ops are against f64 (exact.ts). The record goes to
 * out/bench as JSON and as a chart. Peers come from PyPI: benchmarks/peers/install.sh.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openCpuDevice } from "../lib/machine/cpu.js";
import type { Isa } from "../lib/program/isa.js";
import { readSafetensors, type TensorMap, writeSafetensors } from "../lib/weights/safetensors.js";
import { type Case, isOp, nameOf, type SuiteName, suites } from "./cases.js";
import { chartOf } from "./chart.js";
import { Contender, peers } from "./contender.js";
import { errorOf, exactValues } from "./exact.js";
import { operandsOf, shapesOf } from "./operands.js";
import { operandsFile } from "./protocol.js";
import { type CaseRecord, type ContenderRecord, median, printed, type Report } from "./report.js";
import { openPeak, openReading, type Work } from "./works.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: "string", default: "" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "7" },
    threads: { type: "string" },
    isa: { type: "string" },
    out: { type: "string", default: "out/bench" },
    json: { type: "boolean", default: false },
  },
});

/** A contender runs for about so long before the next one's turn, and so long its threads may go on spinning. */
const turnMs = 150;
const restMs = 100;

function chosenSuites(): SuiteName[] {
  const unknown = positionals.find((name) => !(name in suites));
  if (unknown) throw new Error(`there is no suite "${unknown}"; suites: ${Object.keys(suites).join(", ")}`);
  return (positionals.length > 0 ? positionals : ["train", "job"]) as SuiteName[];
}

function chosenContenders(): string[] {
  const named = values.peer.split(",").filter(Boolean);
  const ways = Object.values(peers).flat();
  const unknown = named.find((name) => !(name in peers) && !ways.includes(name));
  if (unknown) {
    throw new Error(
      `there is no peer "${unknown}"; peers: ${Object.keys(peers).join(", ")}, or one way: ${ways.join(", ")}`,
    );
  }
  return ["counterpoint", ...new Set(named.flatMap((name) => peers[name] ?? [name]))];
}

/** Compilation takes minutes: not for single ops. */
const enters = (name: string, work: Case) => !(name === "torch compile" && isOp(work));

async function elapsedMs(work: Work): Promise<number> {
  const begun = performance.now();
  await work.run();
  return performance.now() - begun;
}

const device = openCpuDevice({
  threads: values.threads ? Number(values.threads) : undefined,
  isa: values.isa as Isa | undefined,
});
const peak = await openPeak(device);
const { threads } = device.info;

/** What goes on, beside the results. */
function tell(work: Case, what: string): void {
  process.stderr.write(`${nameOf(work)}: ${what}\n`);
}

async function measure(work: Case): Promise<CaseRecord> {
  const folder = await mkdtemp(join(tmpdir(), "counterpoint-bench-"));
  const contenders: Contender[] = [];
  const records = new Map<string, ContenderRecord>();
  const failures: Record<string, string> = {};
  try {
    const operands = isOp(work) ? operandsOf(work, 1) : {};
    const exact = isOp(work) ? exactValues(work, operands) : null;
    if (isOp(work)) {
      const shapes = shapesOf(work);
      const tensors: TensorMap = new Map(
        Object.entries(operands).map(([name, data]) => [name, { shape: shapes[name], data }]),
      );
      await writeSafetensors(join(folder, operandsFile), tensors);
    }
    let flops = 0;
    const turns = new Map<string, number>();
    for (const name of chosenContenders().filter((one) => enters(one, work))) {
      tell(work, `opening ${name}`);
      const contender = new Contender({ name, threads, isa: values.isa });
      try {
        const { firstMs, about, flops: counted } = await contender.ask<"open">({ open: work, folder });
        const startMs = contender.ageMs;
        flops ||= counted ?? 0;
        const [warm] = (await contender.ask<"run">({ run: 1 })).ms;
        turns.set(name, Math.max(1, Math.round(turnMs / warm)));
        let error: number | undefined;
        if (exact) {
          const output = join(folder, "output.safetensors");
          await contender.ask<"output">({ output });
          error = errorOf((await readSafetensors(output)).tensors.get("y")!.data, exact);
        }
        contenders.push(contender);
        records.set(name, { about, firstMs, startMs, ms: [], medianMs: 0, peakBytes: 0, error });
      } catch (error) {
        failures[name] = (error as Error).message;
        await contender.close();
      }
    }
    const peaks: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      tell(work, `measuring, round ${round + 1} of ${values.rounds}`);
      await sleep(restMs);
      peaks.push(peak.flops / 1e6 / (await elapsedMs(peak)));
      for (const contender of contenders) {
        await sleep(restMs);
        const { ms, peakBytes } = await contender.ask<"run">({ run: turns.get(contender.name)! });
        const record = records.get(contender.name)!;
        records.set(contender.name, { ...record, ms: [...record.ms, ...ms], peakBytes });
      }
    }
    tell(work, "measured");
    for (const [name, record] of records) records.set(name, { ...record, medianMs: median(record.ms) });
    return {
      name: nameOf(work),
      case: work,
      flops,
      peakGflops: median(peaks),
      contenders: Object.fromEntries(records),
      failures,
    };
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

await peak.run();
const reading = await openReading(device);
await reading.run();
const gigabytesPerSecond = reading.bytes / 1e6 / median([await elapsedMs(reading), await elapsedMs(reading)]);
await reading.close();

const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  machine: { name: device.info.name, isa: device.info.isa, threads, readGigabytesPerSecond: gigabytesPerSecond },
  command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
  cases: [],
};
await mkdir(values.out, { recursive: true });
if (!values.json) console.log(printed.machine(report));
for (const suite of chosenSuites()) {
  for (const work of suites[suite].filter((one) => nameOf(one).includes(values.only))) {
    const record = await measure(work);
    report.cases.push(record);
    if (!values.json) console.log(printed.case(record));
    await writeFile(join(values.out, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  }
}
await writeFile(join(values.out, "report.svg"), chartOf(report));
if (values.json) console.log(JSON.stringify(report));
await peak.close();
await device.close();
