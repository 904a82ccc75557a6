/** This engine as a contender: a process that answers the questions of protocol.ts. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RealDtype } from "../lib/graph/graph.js";
import { openCpuDevice } from "../lib/machine/cpu.js";
import type { Device } from "../lib/machine/device.js";
import type { Isa } from "../lib/program/isa.js";
import { readSafetensors, writeSafetensors } from "../lib/weights/safetensors.js";
import { type Answers, operandsFile, type Question } from "./protocol.js";
import { elapsedMs } from "./timing.js";
import { openWork, type Work } from "./works.js";

const [threads, dtype, isa] = process.argv.slice(2);
const device = openCpuDevice({
  threads: Number(threads),
  isa: (isa || undefined) as Isa | undefined,
  dtype: dtype as RealDtype,
});
const opened: { work?: Work } = {};

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  if ("open" in question) return open(device, question);
  const { work } = opened;
  if (!work) throw new Error("nothing is open");
  if ("output" in question) {
    const data = await work.output();
    await writeSafetensors(question.output, new Map([["y", { shape: [data.length], data }]]));
    return {};
  }
  const ms: number[] = [];
  for (let i = 0; i < question.run; i++) ms.push(await elapsedMs(work.run));
  return { ms, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

async function open(device: Device, { open, folder }: Extract<Question, { open: unknown }>): Promise<Answers["open"]> {
  const { tensors } = await readSafetensors(join(folder, operandsFile));
  const work = await openWork(device, open, tensors);
  opened.work = work;
  return { firstMs: await elapsedMs(work.run), about: { isa: device.info.isa }, flops: work.flops };
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line)).catch((error: Error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
await opened.work?.close();
await device.close();
