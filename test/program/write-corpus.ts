/** Writes encoded random programs for the fuzz driver: `node write-corpus.js <folder>`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeProgram } from "../../lib/program/encode.js";
import { loadOps } from "../../lib/program/op-table.js";
import { seeded } from "../random.js";
import { randomProgram } from "./random-program.js";

/** Of every op three programs of it alone and one with two others. */
export async function writeCorpus(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const random = seeded(1);
  const ops = await loadOps();
  for (const op of ops) {
    const others = [op, ops[random.below(ops.length)], ops[random.below(ops.length)]];
    for (const [index, list] of [[op], [op], [op], others].entries()) {
      writeFileSync(join(folder, `${op.name}-${index}`), encodeProgram(randomProgram(list, random)));
    }
  }
}

if (process.argv[1] === import.meta.filename) await writeCorpus(process.argv[2]);
