/**
 * What every device refuses: an instruction that does not fit its op, an operand outside its region or off alignment,
 * a store into weights or inputs or over another operand. After this check no instruction can touch a byte outside the program's regions.
 */
import { CounterpointError } from "../graph/error.js";
import { dtypeBytes } from "../graph/graph.js";
import { inferShapes } from "../graph/op.js";
import { product, sameShape } from "../graph/pattern.js";
import { alignment, type Instruction, type Operand, type Program, type Region } from "../program/program.js";

/** Throws CP_PROGRAM_INVALID, with the instruction's index and frame, at the first thing wrong with `program`. */
export function checkProgram(program: Program): void {
  const bytes: Record<Region, number> = {
    weights: program.weights.bytes,
    state: program.state.bytes,
    inputs: program.inputs.bytes,
    arena: program.arenaBytes,
  };
  for (const [index, instruction] of program.instructions.entries()) {
    const wrong = wrongWith(instruction, bytes);
    if (!wrong) continue;
    const { op, frame } = instruction;
    throw new CounterpointError("CP_PROGRAM_INVALID", `instruction ${index} (${op.name}, ${frame}): ${wrong}`, {
      phase: "load",
      details: { instruction: index, op: op.name, frame },
    });
  }
}

function wrongWith({ op, operands, attributes }: Instruction, bytes: Record<Region, number>): string | null {
  const specs = Object.values(op.operands);
  const inputs = operands.slice(0, specs.length);
  const results = operands.slice(specs.length);
  const shapes = inferShapes(op, inputs, attributes);
  if (typeof shapes === "string") return shapes;
  if (results.length !== shapes.length) return `has ${results.length} results, not ${shapes.length}`;
  for (const [index, { shape, dtype }] of shapes.entries()) {
    const result = results[index];
    if (!result || result.dtype !== dtype || !sameShape(result.shape, shape)) {
      return `result ${index} is ${result?.dtype} [${result?.shape}], not ${dtype} [${shape}]`;
    }
  }
  for (const [index, operand] of operands.entries()) {
    if (!operand) continue;
    const written = index >= specs.length || specs[index].mutates === true;
    const wrong = wrongPlace(operand, bytes[operand.region], written);
    if (wrong) return `operand ${index}: ${wrong}`;
    const under = written ? operands.findIndex((other, at) => at !== index && other && overlap(operand, other)) : -1;
    if (under >= 0) return `operand ${index} is written over operand ${under}`;
  }
  return null;
}

function overlap(a: Operand, b: Operand): boolean {
  const end = ({ offset, shape, dtype }: Operand) => offset + product(shape) * dtypeBytes[dtype];
  return a.region === b.region && a.offset < end(b) && b.offset < end(a);
}

function wrongPlace(
  { region, offset, dtype, shape, rowStride }: Operand,
  limit: number,
  written: boolean,
): string | null {
  const end = offset + product(shape) * dtypeBytes[dtype];
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % alignment !== 0) return `offset ${offset} is not aligned`;
  if (!Number.isSafeInteger(end) || end > limit) return `bytes ${offset} to ${end} of ${region}, which has ${limit}`;
  if (rowStride !== (shape.at(-1) ?? 1)) return `row stride ${rowStride} of dense rows of ${shape.at(-1)}`;
  if (written && (region === "weights" || region === "inputs")) return `a store into ${region}`;
  return null;
}
