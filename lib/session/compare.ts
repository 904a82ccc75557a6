/**
 * Runs a program one instruction at a time on a device and by the reference loops, from the same operands each time, and
 * stops at the first that disagrees: ||out − ref|| / ||ref|| of a result above the tolerance, or anything not finite.
 */
import { dtypeBytes } from "../graph/graph.js";
import { product } from "../graph/pattern.js";
import type { Device, DeviceRegion } from "../machine/device.js";
import { executeInstruction, type Memory, readNumbers, writeNumbers } from "../machine/execute.js";
import { alignment, type Instruction, type Operand, type Program } from "../program/program.js";

export interface Disagreement {
  /** Index in the program. */
  readonly instruction: number;
  readonly op: string;
  readonly frame: string;
  /** The result or mutated operand that differs. */
  readonly tensor: string;
  /** Relative error; NaN where either side is not finite. */
  readonly error: number;
}

export interface Comparison {
  /** Instructions that were run. */
  readonly compared: number;
  /** The largest relative error of an instruction that agreed. */
  readonly largestError: number;
  readonly disagreement: Disagreement | null;
}

/**
 * Compares all instructions of `program`, starting from `memory`, which is changed as a run would change it. `weights` is
 * the device's region with the content of `memory.weights`: what a device packs from weights is compared with it.
 */
export async function compareInstructions(
  device: Device,
  program: Program,
  memory: Memory,
  weights: DeviceRegion,
  tolerance: number,
): Promise<Comparison> {
  let largestError = 0;
  for (const [index, instruction] of program.instructions.entries()) {
    const { op, frame } = instruction;
    const writes = writtenBy(instruction);
    const produced = await runAlone(device, program, instruction, memory, weights);
    executeInstruction(instruction, memory);
    for (const { tensor, operand } of writes) {
      const error = relativeError(produced(operand), readNumbers(memory[operand.region], operand));
      if (!(error <= tolerance)) {
        return {
          compared: index + 1,
          largestError,
          disagreement: { instruction: index, op: op.name, frame, tensor, error },
        };
      }
      largestError = Math.max(largestError, error);
    }
  }
  return { compared: program.instructions.length, largestError, disagreement: null };
}

/** The results of `instruction` and the operands that it changes. */
function writtenBy({ op, operands }: Instruction): { tensor: string; operand: Operand }[] {
  const specs = [...Object.entries(op.operands), ...Object.keys(op.results).map((name) => [name, null] as const)];
  return specs.flatMap(([tensor, spec], index) => {
    const operand = operands[index];
    return operand && (spec === null || spec.mutates) ? { tensor, operand } : [];
  });
}

/** Runs one instruction with its operands, weights excepted, in a state region of their own; gives what it wrote. */
async function runAlone(
  device: Device,
  program: Program,
  instruction: Instruction,
  memory: Memory,
  weights: DeviceRegion,
): Promise<(operand: Operand) => Float64Array> {
  const places = new Map<string, number>();
  let bytes = alignment;
  const moved = instruction.operands.map((operand): Operand | null => {
    if (!operand || operand.region === "weights") return operand;
    const key = placeKey(operand);
    if (!places.has(key)) {
      places.set(key, bytes);
      bytes += Math.ceil(byteLength(operand) / alignment) * alignment;
    }
    return { ...operand, region: "state", offset: places.get(key)! };
  });
  const content = new ArrayBuffer(bytes);
  for (const [index, operand] of instruction.operands.entries()) {
    if (operand && operand.region !== "weights") {
      writeNumbers(content, moved[index]!, readNumbers(memory[operand.region], operand));
    }
  }
  const loaded = device.load({
    instructions: [{ ...instruction, operands: moved }],
    weights: program.weights,
    state: { tensors: new Map(), bytes },
    inputs: { tensors: new Map(), bytes: 0 },
    arenaBytes: 0,
  });
  const state = device.createRegion(bytes);
  try {
    await state.write(0, new Uint8Array(content));
    await device.run(loaded, { weights, state }, { inputs: new Uint8Array() });
    const after = await state.read(0, bytes);
    return (operand) => readNumbers(after, { ...operand, offset: places.get(placeKey(operand))! });
  } finally {
    loaded.free();
    state.free();
  }
}

function placeKey({ region, offset }: Operand): string {
  return `${region} ${offset}`;
}

function byteLength({ shape, dtype }: Operand): number {
  return product(shape) * dtypeBytes[dtype];
}

function relativeError(out: Float64Array, reference: Float64Array): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < reference.length; i++) {
    difference += (out[i] - reference[i]) ** 2;
    size += reference[i] ** 2;
  }
  return Math.sqrt(difference) / (size > 0 ? Math.sqrt(size) : 1);
}
