/**
 * Speed, against the machine's own peak and against peers.
 *
 *     npm run bench -- --help
 *
 * A peer may be named by one of its ways alone, such as "torch channels_last": torch's compilation takes minutes.
 * Every contender is a process of its own with the same threads; they take turns, so that whatever else the machine does
 * falls on all of them alike, and medians are compared. Peak is what the op `multiplyAdds` reaches, measured in the same
 * turns. Starts count from the process's to the end of its first run; `--starts 3` starts each three times, in turns,
 * so that none alone pays for memory that the machine has to find first. A share of the peak counts the direct
 * method's operations, and is of multiply-adds in f32 whatever the dtype. With `--dtype bf16` peers compute in bf16 as well,
 * and those that cannot are left out. Errors of ops are against f64 (exact.ts). The record goes to out/bench as JSON and as a chart.
 * Peers come from PyPI: benchmarks/peers/install.sh.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readSafetensors, writeSafetensors } from "../lib/weights/safetensors.js";
import { type Case, isOp, nameOf } from "./cases.js";
import { chartOf } from "./chart.js";
import { asked, choiceFlags, choiceUsage, chosenCases, openChosenDevice } from "./choice.js";
import { Contender, onlyInF32, peers } from "./contender.js";
import { errorOf, exactValues } from "./exact.js";
import { operandsOf } from "./operands.js";
import { operandsFile } from "./protocol.js";
import { type CaseRecord, type ContenderRecord, printed, type Report } from "./report.js";
import { elapsedMs, median } from "./timing.js";
import { openPeak, openReading } from "./works.js";

const usage = `npm run bench -- ${choiceUsage}
    [--peer ${Object.keys(peers).join(",")}] [--rounds n] [--starts n] [--out folder]`;

const { values, cases, contenderNames } = asked(usage, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...choiceFlags,
      peer: { type: "string", default: "" },
      rounds: { type: "string", default: "7" },
      starts: { type: "string", default: "1" },
      out: { type: "string", default: "out/bench" },
    },
  });
  return {
    values,
    cases: chosenCases(positionals, ["train", "job"], values),
    contenderNames: chosenContenders(values.peer),
  };
});

/**
 * A contender runs for about so long before the next one's turn, so that most of its runs follow one of its own, as a
 * sampler's steps do; and so long its threads may go on spinning.
 */
const turnMs = 500;
const restMs = 100;

function chosenContenders(peer: string): string[] {
  const named = peer.split(",").filter(Boolean);
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
const enters = (name: string, work: Case) =>
  !(name === "torch compile" && isOp(work)) && !(values.dtype !== "f32" && onlyInF32.has(name));

const device = openChosenDevice(values);
const peak = await openPeak(device);
const { threads } = device.info;

/** What goes on, beside the results. */
function tell(work: Case, what: string): void {
  process.stderr.write(`${nameOf(work)}: ${what}\n`);
}

/** A contender with the case before it, run once. It is closed again where it cannot do it. */
async function started(name: string, work: Case, folder: string) {
  tell(work, `opening ${name}`);
  const contender = new Contender({ name, threads, isa: values.isa, dtype: values.dtype });
  try {
    const answer = await contender.ask<"open">({ open: work, folder });
    return { contender, answer, startMs: contender.ageMs };
  } catch (error) {
    await contender.close();
    throw error;
  }
}

/** An op's result; of training, the losses so far. */
async function outputOf(contender: Contender, folder: string): Promise<Float32Array> {
  const output = join(folder, "output.safetensors");
  await contender.ask<"output">({ output });
  return (await readSafetensors(output)).tensors.get("y")!.data as Float32Array;
}

async function measure(work: Case): Promise<CaseRecord> {
  const folder = await mkdtemp(join(tmpdir(), "counterpoint-bench-"));
  const contenders: Contender[] = [];
  const records = new Map<string, ContenderRecord>();
  const failures: Record<string, string> = {};
  try {
    const operands = await operandsOf(work, 1);
    const exact = isOp(work) ? exactValues(work, operands) : null;
    await writeSafetensors(join(folder, operandsFile), operands);
    let flops = 0;
    const turns = new Map<string, number>();
    const names = contenderNames.filter((one) => enters(one, work));
    const starts = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let left = Number(values.starts); left > 0; left--) {
      for (const name of names.filter((one) => !failures[one])) {
        try {
          const { contender, answer, startMs } = await started(name, work, folder);
          starts.get(name)!.push(startMs);
          if (left > 1) {
            await contender.close();
            continue;
          }
          contenders.push(contender);
          const { firstMs, about, flops: counted } = answer;
          flops ||= counted ?? 0;
          const [warm] = (await contender.ask<"run">({ run: 1 })).ms;
          turns.set(name, Math.max(1, Math.round(turnMs / warm)));
          let error: number | undefined;
          if (exact) error = errorOf(await outputOf(contender, folder), exact);
          records.set(name, { about, firstMs, startsMs: starts.get(name)!, ms: [], medianMs: 0, peakBytes: 0, error });
        } catch (error) {
          failures[name] = (error as Error).message;
        }
      }
    }
    const peaks: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      tell(work, `measuring, round ${round + 1} of ${values.rounds}`);
      await sleep(restMs);
      peaks.push(peak.flops / 1e6 / (await elapsedMs(peak.run)));
      for (const contender of contenders) {
        const record = records.get(contender.name);
        if (!record) continue;
        await sleep(restMs);
        const { ms, peakBytes } = await contender.ask<"run">({ run: turns.get(contender.name)! });
        records.set(contender.name, { ...record, ms: [...record.ms, ...ms], peakBytes });
      }
    }
    tell(work, "measured");
    for (const contender of contenders) {
      const record = records.get(contender.name);
      if (!record) continue;
      const losses = work.kind === "train" ? [...(await outputOf(contender, folder))] : undefined;
      records.set(contender.name, { ...record, medianMs: median(record.ms), losses });
    }
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
const gigabytesPerSecond = reading.bytes / 1e6 / median([await elapsedMs(reading.run), await elapsedMs(reading.run)]);
await reading.close();

const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  machine: { name: device.info.name, isa: device.info.isa, threads, readGigabytesPerSecond: gigabytesPerSecond },
  dtype: values.dtype,
  command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
  cases: [],
};
await mkdir(values.out, { recursive: true });
if (!values.json) console.log(printed.machine(report));
for (const work of cases) {
  const record = await measure(work);
  report.cases.push(record);
  if (!values.json) console.log(printed.case(record));
  // Lists of numbers on a line each: there are thousands of times.
  const text = JSON.stringify(report, null, 2).replace(/\[[-\d.e,\s]+\]/g, (list) => list.replace(/\s+/g, " "));
  await writeFile(join(values.out, "report.json"), `${text}\n`);
}
await writeFile(join(values.out, "report.svg"), chartOf(report));
if (values.json) console.log(JSON.stringify(report));
await peak.close();
await device.close();
