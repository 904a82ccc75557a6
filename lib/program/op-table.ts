/** Every op of lib/ops, found by listing the folder: a new file there is a new op, with no list to edit. */
import { readdir } from "node:fs/promises";
import { type OpDefinition, opcode } from "../graph/op.js";

/** All ops, by name in ascending order. Throws where two ops have one name or one opcode. */
export async function loadOps(): Promise<readonly OpDefinition[]> {
  const folder = new URL("../ops/", import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".js"));
  const ops = new Map<string, OpDefinition>();
  const opcodes = new Map<number, string>();
  for (const file of files.sort()) {
    const module: Record<string, unknown> = await import(new URL(file, folder).href);
    for (const op of Object.values(module).map(definitionOf)) {
      if (!op || ops.get(op.name) === op) continue;
      const clash = ops.has(op.name) ? op.name : opcodes.get(opcode(op));
      if (clash !== undefined) throw new Error(`${file}: op "${op.name}" clashes with "${clash}"`);
      ops.set(op.name, op);
      opcodes.set(opcode(op), op.name);
    }
  }
  return [...ops.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of the interfaces of `ops`, in their order: what an addon and a library must agree on. */
export function interfaceHash(ops: readonly OpDefinition[]): number {
  return ops.reduce((hash, op) => Math.imul(hash ^ opcode(op), 0x01000193), 0x811c9dc5) >>> 0;
}

function definitionOf(exported: unknown): OpDefinition | null {
  return typeof exported === "function" && "definition" in exported ? (exported.definition as OpDefinition) : null;
}
