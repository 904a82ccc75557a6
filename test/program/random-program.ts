/** Random valid instructions of any op, placed side by side in the regions: for round trips, verifiers and the fuzz driver. */

import { allowedDtypes } from "../../lib/graph/dtype-rules.js";
import { evaluateExpression } from "../../lib/graph/expression.js";
import { type Dtype, dtypeBytes, type RealDtype, type Shape } from "../../lib/graph/graph.js";
import { type AttributeSpec, inferShapes, type OpDefinition, type OperandSpec } from "../../lib/graph/op.js";
import { parsePattern, product } from "../../lib/graph/pattern.js";
import { alignment, type Instruction, type Operand, type Program, type Region } from "../../lib/program/program.js";
import type { Random } from "../random.js";

interface Draw {
  readonly tensors: readonly ({ shape: Shape; dtype: Dtype } | null)[];
  readonly attributes: readonly number[];
}

/** A program with one instruction of each op, their storage of one dtype. Regions are as small as they can be. */
export function randomProgram(ops: readonly OpDefinition[], random: Random, storage: RealDtype = "f32"): Program {
  const bytes: Record<Region, number> = { weights: 0, state: 0, inputs: 0, arena: 0 };
  const place = (region: Region, dtype: Dtype, shape: Shape): Operand => {
    const offset = Math.ceil(bytes[region] / alignment) * alignment;
    bytes[region] = offset + product(shape) * dtypeBytes[dtype];
    return { region, offset, dtype, shape, rowStride: shape.at(-1) ?? 1 };
  };
  const pick = <T>(choices: readonly T[]): T => choices[random.below(choices.length)];
  const instructions = ops.map((op): Instruction => {
    const { tensors, attributes } = drawValid(op, random, storage);
    const specs = Object.values(op.operands);
    const operands = tensors.map((tensor, index) => {
      const spec = specs[index] as OperandSpec | undefined;
      const written = !spec || spec.mutates;
      const region = pick<Region>(written ? ["state", "arena"] : ["weights", "state", "inputs", "arena"]);
      return tensor && place(region, tensor.dtype, tensor.shape);
    });
    return { op, operands, attributes, frame: `model.${op.name}` };
  });
  const layout = (region: Region) => ({ tensors: new Map<string, Operand>(), bytes: bytes[region] });
  return {
    instructions,
    weights: layout("weights"),
    state: layout("state"),
    inputs: layout("inputs"),
    arenaBytes: bytes.arena,
  };
}

/** Draws sizes and attributes until they fit the op. */
function drawValid(op: OpDefinition, random: Random, storage: RealDtype): Draw {
  for (let attempt = 0; attempt < 20000; attempt++) {
    const draw = drawOnce(op, random, storage);
    if (draw) return draw;
  }
  throw new Error(`found no valid sizes for ${op.name}`);
}

function drawOnce(op: OpDefinition, random: Random, storage: RealDtype): Draw | null {
  const attributes = Object.values(op.attributes).map((spec) => drawAttribute(spec, random));
  const sizes = new Map<string, number>();
  for (const [index, [name, spec]] of Object.entries(op.attributes).entries()) {
    if (spec.kind === "int") sizes.set(name, attributes[index]);
  }
  const rest = Array.from({ length: random.below(3) }, () => 1 + random.below(4));
  sizes.set("rows", product(rest));
  const specs = Object.values(op.operands);
  const inputs = specs.map((spec) => {
    if (spec.optional && random.below(3) === 0) return null;
    const allowed = allowedDtypes(spec, storage);
    const dtype = allowed[random.below(allowed.length)];
    return { shape: drawShape(spec.shape, sizes, rest, random), dtype };
  });
  if (inputs.some((input) => input?.shape.some((size) => !Number.isSafeInteger(size) || size < 1))) return null;
  const results = inferShapes(op, inputs, attributes);
  if (typeof results === "string" || results.some(({ shape }) => product(shape) > 4096)) return null;
  return { tensors: [...inputs, ...results], attributes };
}

function drawShape(pattern: string, sizes: Map<string, number>, rest: readonly number[], random: Random): number[] {
  return parsePattern(pattern).flatMap((word) => {
    if (word.kind === "rest") return [...rest];
    if (word.kind === "expression") return [evaluateExpression(word.tree, sizes) ?? Number.NaN];
    if (!sizes.has(word.name)) sizes.set(word.name, 1 + random.below(6));
    return [sizes.get(word.name)!];
  });
}

function drawAttribute(spec: AttributeSpec, random: Random): number {
  if (spec.kind === "choice") return random.below(spec.values.length);
  if (spec.default !== undefined && random.below(2) === 0) return spec.default;
  return spec.kind === "int" ? random.below(6) : random.normal();
}
