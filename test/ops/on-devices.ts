/**
 * Runs one op as a program of one instruction, results straight in the state region, on every device and compares with
 * the op's reference loops. The state is filled with NaN patterns first, so that an element that is not written shows,
 * and the gaps between tensors must keep theirs.
 */
import assert from "node:assert/strict";
import { type Dtype, dtypeBytes, isReal, type Shape } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import type { Device } from "../../lib/machine/device.js";
import { readNumbers, writeNumbers } from "../../lib/machine/execute.js";
import { interpret } from "../../lib/machine/interpret.js";
import { alignment, type Operand, type Program, type Region } from "../../lib/program/program.js";
import { relativeError } from "../passes/finite-differences.js";
import { type TestDevice, testDevicesFor } from "./devices.js";
import { graphOf, type PreparedCase } from "./harness.js";

/** 0xff everywhere: NaN as f32, −1 as i32, 255 as u8. */
const unwritten = 0xff;

/** Relative errors that results in 16 bits may have. */
const roundings: Partial<Record<Dtype, number>> = { f16: 6e-4, bf16: 4e-3 };

/** An operand or result of a case and where its program has it. */
export interface Placed {
  readonly name: string;
  readonly operand: Operand;
  /** What it holds before the run; null for a result. */
  readonly before: Float64Array | null;
  /** What it must hold after; null for an operand that is only read. */
  readonly after: Float64Array | null;
}

/** The devices that take the dtypes of `prepared`. */
function devicesFor({ op, storage, weights }: PreparedCase): readonly TestDevice[] {
  return testDevicesFor(op).filter((device) => {
    return device.storage.includes(storage) && (weights === storage || device.weights.includes(weights));
  });
}

/** Checks `prepared` on every device, with a "weight" among its operands once in the inputs and once in the weights. */
export async function checkOnDevices(prepared: PreparedCase): Promise<void> {
  const places: Region[] = "weight" in prepared.op.operands ? ["inputs", "weights"] : ["inputs"];
  for (const weightRegion of places) {
    const { program, placed } = programOf(prepared, weightRegion);
    for (const { name, variants } of devicesFor(prepared)) {
      let first: Uint8Array | null = null;
      for (const device of variants) {
        const state = await runOnce(device, program, placed);
        const { threads, index = 0 } = device.info;
        const where = `${name}, ${threads} threads, seed ${index}, weight in ${weightRegion}`;
        if (first) assert.ok(Buffer.compare(state, first) === 0, `${where}: other bits than the first`);
        else checkState(state, placed, prepared.tolerance, where);
        first ??= state;
      }
    }
  }
}

/**
 * The case with the first image of every operand that has one; null where there is no other image. A pattern that
 * begins with N, or with dimensions of any number, counts images by its first dimension.
 */
export function firstImage(prepared: PreparedCase): PreparedCase | null {
  const images = (shape: readonly number[], pattern: string) => {
    const [first, ...others] = pattern.split(" ");
    return first === "N" || (first === "..." && shape.length > others.length) ? shape[0] : 1;
  };
  const counts = prepared.operands.map((operand) => operand && images(operand.shape, operand.spec.shape));
  if (!counts.some((count) => count !== null && count > 1)) return null;
  const operands = prepared.operands.map((operand, index) => {
    const count = counts[index];
    if (!operand || count === null || count === 1) return operand;
    const { shape, data } = operand;
    return { ...operand, shape: [1, ...shape.slice(1)], data: data.slice(0, data.length / count) };
  });
  return { ...prepared, operands };
}

/**
 * Checks that the first image alone gives the bits that it gives among the others, in every result of which the
 * reference loops say that it does not depend on the others.
 */
export async function checkAlone(prepared: PreparedCase, alone: PreparedCase): Promise<void> {
  const many = programOf(prepared, "inputs");
  const one = programOf(alone, "inputs");
  for (const { name, variants } of devicesFor(alone)) {
    const device = variants[variants.length - 1];
    const [stateOfMany, stateOfOne] = [
      await runOnce(device, many.program, many.placed),
      await runOnce(device, one.program, one.placed),
    ];
    for (const [index, { operand, after, name: tensor }] of one.placed.entries()) {
      const among = many.placed[index].after?.subarray(0, after?.length);
      if (!after || !among || relativeError(after, among) > 1e-12) continue;
      const got = numbersOf(stateOfMany, many.placed[index].operand).subarray(0, after.length);
      assert.deepEqual(numbersOf(stateOfOne, operand), got, `${name}: "${tensor}" of one image depends on the others`);
    }
  }
}

/** The case as a program of one instruction, and what its memory holds before and after. */
export function programOf(prepared: PreparedCase, weightRegion: Region): { program: Program; placed: Placed[] } {
  const { graph, values, results, leaves } = graphOf(prepared);
  const read = interpret(graph, leaves);
  const sizes: Record<Region, number> = { weights: 0, state: alignment, inputs: 0, arena: 0 };
  const place = (region: Region, dtype: Dtype, shape: Shape): Operand => {
    const offset = sizes[region];
    const bytes = product(shape) * dtypeBytes[dtype];
    sizes[region] = (Math.ceil((offset + bytes) / alignment) + 1) * alignment;
    return { region, offset, dtype, shape, rowStride: shape.at(-1) ?? 1 };
  };
  const placed: (Placed | null)[] = prepared.operands.map((operand) => {
    if (!operand) return null;
    const { name, spec, dtype, shape, data } = operand;
    const region = spec.mutates ? "state" : name === "weight" ? weightRegion : "inputs";
    const after = spec.mutates ? read(values[name]!) : null;
    return { name, operand: place(region, dtype, shape), before: data, after };
  });
  for (const [index, name] of Object.keys(prepared.op.results).entries()) {
    const { shape, dtype } = results[index];
    placed.push({ name, operand: place("state", dtype, shape), before: null, after: read(results[index]) });
  }
  const layout = (region: Region) => ({
    tensors: new Map(placed.flatMap((it) => (it?.operand.region === region ? [[it.name, it.operand] as const] : []))),
    bytes: sizes[region],
  });
  const [node] = graph.nodes;
  const operands = placed.map((it) => it?.operand ?? null);
  const program: Program = {
    instructions: [{ op: node.op, operands, attributes: node.attributes, frame: prepared.title }],
    weights: layout("weights"),
    state: layout("state"),
    inputs: layout("inputs"),
    arenaBytes: 0,
  };
  return { program, placed: placed.filter((it) => it !== null) };
}

/** The bytes of the state region after one run. */
async function runOnce(device: Device, program: Program, placed: readonly Placed[]): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = (region: "weights" | "state" | "inputs", fill: number) => {
    const content = new Uint8Array(program[region].bytes).fill(fill);
    for (const { operand, before } of placed) {
      if (operand.region === region && before) writeNumbers(content.buffer, operand, before);
    }
    return content;
  };
  const weights = device.createRegion(program.weights.bytes);
  const state = device.createRegion(program.state.bytes);
  await weights.write(0, bytes("weights", 0));
  await state.write(0, bytes("state", unwritten));
  const loaded = device.load(program);
  try {
    await device.run(loaded, { weights, state }, { inputs: bytes("inputs", 0) });
    return new Uint8Array(await state.read(0, program.state.bytes));
  } finally {
    loaded.free();
    weights.free();
    state.free();
  }
}

function checkState(state: Uint8Array<ArrayBuffer>, placed: readonly Placed[], tolerance: number, where: string): void {
  const gaps = state.slice();
  for (const { name, operand, after } of placed) {
    if (operand.region !== "state" || !after) continue;
    const got = numbersOf(state, operand);
    const allowed = allowedError(operand.dtype, tolerance);
    const error = relativeError(got, rounded(after, operand.dtype));
    assert.ok(error <= allowed, `${where}: "${name}" is off by ${error}, allowed ${allowed}`);
    new Uint8Array(gaps.buffer, operand.offset, got.length * dtypeBytes[operand.dtype]).fill(unwritten);
  }
  const touched = gaps.findIndex((byte) => byte !== unwritten);
  assert.equal(touched, -1, `${where}: byte ${touched} of the state is outside every result and was written`);
}

/** The relative error that a result in `dtype` may have in a case of `tolerance`. */
export function allowedError(dtype: Dtype, tolerance: number): number {
  return tolerance === 0 ? 0 : Math.max(tolerance, roundings[dtype] ?? 0);
}

function numbersOf(state: Uint8Array<ArrayBuffer>, operand: Operand): Float64Array {
  return readNumbers(state.buffer, operand);
}

/** What `numbers` become where they are stored in `dtype`. */
export function rounded(numbers: Float64Array, dtype: Dtype): Float64Array {
  if (!isReal(dtype)) return numbers.map(Math.trunc);
  const operand = { region: "state", offset: 0, dtype, shape: [numbers.length], rowStride: numbers.length } as const;
  const bytes = new ArrayBuffer(numbers.length * dtypeBytes[dtype]);
  writeNumbers(bytes, operand, numbers);
  return readNumbers(bytes, operand);
}
