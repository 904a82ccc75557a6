/**
 * A program as text, one instruction a line:
 *
 *      12 linear x=arena+0[1024 64] weight=weights+4096[64 64] -> y=arena+262144[1024 64] @ down.0.proj
 */
import { namedAttributes } from "../graph/op.js";
import type { Instruction, Operand, Program } from "./program.js";

/** A line on the regions, then a line for every instruction. dtypes other than f32 are shown. */
export function printProgram(program: Program): string {
  const { weights, state, inputs, arenaBytes } = program;
  const sizes = `weights ${weights.bytes}, state ${state.bytes}, inputs ${inputs.bytes}, arena ${arenaBytes} bytes`;
  const lines = program.instructions.map((instruction, index) => {
    return `${String(index).padStart(4)} ${printInstruction(instruction)}`;
  });
  return [sizes, ...lines, ""].join("\n");
}

/** An instruction without its number. */
export function printInstruction({ op, operands, attributes, frame }: Instruction): string {
  const names = [...Object.keys(op.operands), ...Object.keys(op.results)];
  const texts = operands.map((operand, index) => (operand ? `${names[index]}=${printOperand(operand)}` : null));
  const operandCount = Object.keys(op.operands).length;
  const present = (part: (string | null)[]) => part.filter((text) => text !== null);
  const settings = Object.entries(namedAttributes(op, attributes)).map(([name, value]) => `${name}=${value}`);
  const left = [op.name, ...present(texts.slice(0, operandCount)), ...settings].join(" ");
  const right = present(texts.slice(operandCount)).join(" ");
  return `${left}${right ? ` -> ${right}` : ""}${frame ? ` @ ${frame}` : ""}`;
}

function printOperand({ region, offset, dtype, shape }: Operand): string {
  return `${region}+${offset}${dtype === "f32" ? "" : `:${dtype}`}[${shape.join(" ")}]`;
}
