/**
 * Where the time of a case goes, by op and shape.
 *
 *     npm run profile -- --help
 *
 * Every instruction is run alone, so its operands are warm; the whole run stands beside the sum.
 */
import { parseArgs } from "node:util";
import type { InstructionTime } from "../lib/session/profile.js";
import { nameOf } from "./cases.js";
import { asked, choiceFlags, choiceUsage, chosenCases, openChosenDevice } from "./choice.js";
import { operandsOf } from "./operands.js";
import { elapsedMs, median, shareOfPeak } from "./timing.js";
import { openPeak, openWork } from "./works.js";

const { values, cases } = asked(`npm run profile -- ${choiceUsage}`, () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: choiceFlags });
  return { values, cases: chosenCases(positionals, ["train"], values) };
});

interface Row {
  readonly what: string;
  readonly count: number;
  readonly ms: number;
  readonly flops: number;
}

/** Instructions of one op and shapes together, the most expensive first. */
function rowsOf(times: readonly InstructionTime[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { op, shapes, flops, ms } of times) {
    const what = `${op} ${shapes.map((shape) => shape.join("·")).join("  ")}`;
    const { count, ms: before, flops: counted } = rows.get(what) ?? { count: 0, ms: 0, flops: 0 };
    rows.set(what, { what, count: count + 1, ms: before + ms, flops: counted + flops });
  }
  return [...rows.values()].sort((a, b) => b.ms - a.ms);
}

const device = openChosenDevice(values);
const peak = await openPeak(device);
await peak.run();
const peakGflops = peak.flops / 1e6 / (await elapsedMs(peak.run));
for (const work of cases) {
  const opened = await openWork(device, work, await operandsOf(work, 1));
  const times = await opened.profile();
  const whole = median([await elapsedMs(opened.run), await elapsedMs(opened.run), await elapsedMs(opened.run)]);
  await opened.close();
  if (values.json) {
    console.log(JSON.stringify({ name: nameOf(work), device: device.info, peakGflops, wholeMs: whole, times }));
    continue;
  }
  const sum = times.reduce((total, { ms }) => total + ms, 0);
  console.log(
    `${nameOf(work)}: ${device.info.isa}, peak ${peakGflops.toFixed(0)} GF/s; run ${whole.toFixed(1)} ms, instructions ${sum.toFixed(1)} ms`,
  );
  for (const { what, count, ms, flops } of rowsOf(times).slice(0, 40)) {
    const share = flops > 0 ? `${(100 * shareOfPeak(flops, ms, peakGflops)).toFixed(0)} %` : "";
    console.log(
      `${ms.toFixed(2).padStart(9)} ms ${((100 * ms) / sum).toFixed(1).padStart(5)} % ${share.padStart(6)} of peak  ${count} × ${what}`,
    );
  }
}
await peak.close();
await device.close();
