/**
 * Where a program's time goes: every instruction alone, again and again, in the memory of the whole. Its operands are then
 * warm in the caches, which in a run they may not be; the sum over all instructions says how much that hides.
 */
import { flopsOfOp } from "../graph/flops.js";
import type { Shape } from "../graph/graph.js";
import type { Device, DeviceRegion } from "../machine/device.js";
import type { Program } from "../program/program.js";

export interface InstructionTime {
  readonly op: string;
  readonly frame: string;
  /** Of the operands that are there, then of the results. */
  readonly shapes: readonly Shape[];
  readonly flops: number;
  /** The least of all repetitions, the way to the device and back taken off. */
  readonly ms: number;
}

/** Times each instruction of `program`; `state` is changed. */
export async function profileInstructions(
  device: Device,
  program: Program,
  memory: { weights: DeviceRegion; state: DeviceRegion },
  inputs: Uint8Array,
  repetitions: number,
): Promise<InstructionTime[]> {
  const least = async (instructions: Program["instructions"]) => {
    const loaded = device.load({ ...program, instructions });
    try {
      let ms = Number.POSITIVE_INFINITY;
      for (let i = 0; i < repetitions; i++) {
        const begun = performance.now();
        await device.run(loaded, memory, { inputs });
        ms = Math.min(ms, performance.now() - begun);
      }
      return ms;
    } finally {
      loaded.free();
    }
  };
  await least(program.instructions);
  const nothing = await least([]);
  const times: InstructionTime[] = [];
  for (const instruction of program.instructions) {
    const { op, frame, operands, attributes } = instruction;
    times.push({
      op: op.name,
      frame,
      shapes: operands.flatMap((operand) => (operand ? [operand.shape] : [])),
      flops: flopsOfOp(op, operands, attributes),
      ms: Math.max(0, (await least([instruction])) - nothing),
    });
  }
  return times;
}
