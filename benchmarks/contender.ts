/** A contender: a process that computes the same as the others, and the wire to it (protocol.ts). */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Answers, Questions } from "./protocol.js";

/** The peers and the ways a user would run each; a ratio is against the best of them. */
export const peers: Readonly<Record<string, readonly string[]>> = {
  torch: ["torch eager", "torch channels_last", "torch compile"],
  openvino: ["openvino"],
  onnxruntime: ["onnxruntime"],
  "sd.cpp": ["sd.cpp"],
};

/** Those that have no bf16 on CPUs, or round other things than this engine: they enter in f32 alone. */
export const onlyInF32: ReadonlySet<string> = new Set(["onnxruntime", "sd.cpp"]);

/** What a way is run by, where it is not what runs the others; in benchmarks/peers. */
const scripts: Readonly<Record<string, string>> = { "sd.cpp": "sd_cpp.py" };

/**
 * What holds peers to the instruction set that this engine is held to. ONNX Runtime's own kernels have no such setting, and
 * take the best there is; stable-diffusion.cpp is compiled for AVX2 and has no more anywhere.
 */
const limits: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  avx2: { ONEDNN_MAX_CPU_ISA: "AVX2", ATEN_CPU_CAPABILITY: "avx2", MKL_ENABLE_INSTRUCTIONS: "AVX2" },
};

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = `${root}out/peers/bin/python`;

export interface ContenderOptions {
  /** "counterpoint" or one of a peer's ways. */
  readonly name: string;
  readonly threads: number;
  readonly isa?: string;
  readonly dtype: string;
}

export class Contender {
  readonly name: string;
  private readonly started = performance.now();
  private readonly process: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;

  constructor({ name, threads, isa, dtype }: ContenderOptions) {
    this.name = name;
    const own = name === "counterpoint";
    if (!own && !existsSync(python)) {
      throw new Error(`the peers are not installed; run benchmarks/peers/install.sh (${python} is not there)`);
    }
    const [command, ...words] = own
      ? [process.execPath, fileURLToPath(new URL("counterpoint.js", import.meta.url)), `${threads}`, dtype, isa ?? ""]
      : [python, `${root}benchmarks/peers/${scripts[name] ?? "contender.py"}`, name, `${threads}`, dtype];
    const environment = {
      ...process.env,
      ...limits[isa ?? ""],
      OMP_NUM_THREADS: `${threads}`,
      MKL_NUM_THREADS: `${threads}`,
    };
    this.process = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"], env: environment });
    this.lines = createInterface({ input: this.process.stdout! });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  /** Since the process was started. */
  get ageMs(): number {
    return performance.now() - this.started;
  }

  /** Throws what the contender could not do. */
  async ask<K extends keyof Questions>(question: Questions[K]): Promise<Answers[K]> {
    this.process.stdin!.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`${this.name} has ended`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin!.end();
    await ended;
    this.lines.close();
  }
}
