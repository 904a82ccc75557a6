/**
 * One harness for every op. A test file lists cases; for each case the harness checks that
 *
 * - every device agrees with the op's reference loops: ||out − ref|| / ||ref|| under the case's tolerance, for every
 *   instruction set this machine can run, with 1, 2 and 3 threads bit for bit the same, nothing written beside the results,
 *   and everything in the results written; where the op leaves a dtype open, in 16 bits too on the devices that take them,
 *   and where it has weights, with these in bf16 beside activations in f32;
 * - the first image alone gives the bits that it gives in a batch, wherever a result belongs to one image;
 * - the gradient rule agrees with central differences of the reference loops in f64, along random directions;
 * - a fused op's reference loops agree with its unfused definition.
 */
import assert from "node:assert/strict";
import { type Dtype, Graph, isReal, type RealDtype, type Value } from "../../lib/graph/graph.js";
import type { ResultSpec } from "../../lib/graph/op.js";
import { type AttributeSpec, applyOp, type Op, type OpDefinition, type OperandSpec } from "../../lib/graph/op.js";
import { interpret } from "../../lib/machine/interpret.js";
import { checkGradient, relativeError } from "../passes/finite-differences.js";
import { type Random, seeded } from "../random.js";
import { allowedError, checkAlone, checkOnDevices, firstImage, rounded } from "./on-devices.js";

/** One element of an operand, in row-major order: `(random, index) => random.below(10)`. */
export type Element = (random: Random, index: number) => number;

export interface OpCase<Operand extends string = string, Attribute extends string = string> {
  /** Shown beside the shapes. */
  readonly name?: string;
  /** The shape of every operand that is present; an optional one left out is absent. */
  readonly shapes: { readonly [K in Operand]?: readonly number[] };
  readonly attributes?: { readonly [K in Attribute]?: number | string };
  /** For operands of any real dtype; default f32. */
  readonly dtypes?: { readonly [K in Operand]?: RealDtype };
  /** What an operand holds; without it standard normals. Integer operands need one. Rounded to the operand's dtype. */
  readonly values?: { readonly [K in Operand]?: Element };
  /** Largest relative error of each result and mutated operand on a device; 0: the same bits. Default 1e-5. */
  readonly tolerance?: number;
  /** Operands whose gradient is checked; default those of the options. */
  readonly differentiate?: readonly Operand[];
}

export interface OpOptions<Operand extends string = string> {
  /** Defaults for every case. */
  readonly values?: { readonly [K in Operand]?: Element };
  readonly tolerance?: number;
  /** Operands whose gradient is checked. Default: every f32 operand where the op has a gradient rule, else none. */
  readonly differentiate?: readonly Operand[];
  /** Largest relative error of a gradient's projection against central differences. Default 1e-6. */
  readonly gradientTolerance?: number;
  /** Whether results in f32 are made of others as these are stored, and so off by as much where that is in 16 bits. */
  readonly ofStored?: boolean;
}

/** A case with every default filled and its operands' contents drawn. */
export interface PreparedCase {
  readonly op: OpDefinition;
  readonly title: string;
  /** The dtype of whatever the op leaves open. */
  readonly storage: RealDtype;
  /** The dtype of its weights, which may be narrower. */
  readonly weights: RealDtype;
  /** In the order of the op's operands; null where absent. Rounded to what the operand's dtype can hold. */
  readonly operands: readonly ({
    name: string;
    spec: OperandSpec;
    dtype: Dtype;
    shape: readonly number[];
    data: Float64Array;
  } | null)[];
  readonly attributes: Record<string, number | string>;
  readonly tolerance: number;
}

/** What `testOp` was given, for those who run the cases elsewhere. */
export interface OpTable {
  readonly op: OpDefinition;
  readonly cases: readonly OpCase[];
  readonly options: OpOptions;
}

/** Of all files of this folder that have been imported. */
export const opTables: OpTable[] = [];

/** Registers the tests of `op`, one mocha case for every check of every case. */
export function testOp<
  O extends Record<string, OperandSpec>,
  A extends Record<string, AttributeSpec>,
  R extends Record<string, ResultSpec>,
>(
  op: Op<O, A, R>,
  cases: readonly OpCase<keyof O & string, keyof A & string>[],
  options: OpOptions<keyof O & string> = {},
): void {
  const definition = op.definition;
  const table: OpTable = { op: definition, cases: cases as readonly OpCase[], options: options as OpOptions };
  opTables.push(table);
  describe(`op ${definition.name}`, () => {
    for (const [index, entry] of cases.entries()) {
      const prepared = prepare(table, index);
      it(`${prepared.title}: devices agree with the reference`, () => checkOnDevices(prepared));
      for (const storage of opensDtype(definition) ? (["f16", "bf16"] as const) : []) {
        const narrow = prepare(table, index, storage);
        it(`${narrow.title} in ${storage}: devices agree with the reference`, () => checkOnDevices(narrow));
      }
      const brains = hasWeights(definition) ? (["any", "bf16"] as const) : [];
      const narrow = brains.map((activations) => prepareNarrow(table, index, activations));
      for (const it16 of narrow) it(`${it16.title}: devices agree with the reference`, () => checkOnDevices(it16));
      for (const whole of [prepared, ...narrow.slice(0, 1)]) {
        const alone = firstImage(whole);
        if (alone) it(`${whole.title}: the first image alone gives the same bits`, () => checkAlone(whole, alone));
      }
      const differentiated = differentiatedOperands(definition, entry as OpCase, options as OpOptions);
      if (differentiated.length > 0) {
        it(`${prepared.title}: gradient of ${differentiated.join(", ")}`, () => {
          checkOpGradient(prepared, differentiated, options.gradientTolerance ?? 1e-6);
        });
      }
      if (definition.definition) {
        it(`${prepared.title}: reference agrees with the definition`, () => checkDefinition(prepared));
      }
    }
  });
}

/** Whether some operand may be stored in 16 bits. */
export function opensDtype({ operands }: OpDefinition): boolean {
  return Object.values(operands).some(({ dtype }) => dtype === undefined);
}

/** Whether some operand is a weight, which may be narrower than activations. */
function hasWeights({ operands }: OpDefinition): boolean {
  return Object.values(operands).some(({ dtype }) => dtype === "weight");
}

/** Relative error that products of rounded activations may have: half of the last place of bf16. */
const activationRounding = 4e-3;

/**
 * Case `index` of a table with its weights in bf16 and activations in f32: of "any" values, which a device may round to bf16
 * as it multiplies them, or of such that bf16 holds, for which all devices must come as near as in f32.
 */
function prepareNarrow(table: OpTable, index: number, activations: "any" | "bf16"): PreparedCase {
  const { title, operands, tolerance, ...rest } = prepare(table, index, "f32", "bf16");
  if (activations === "any") {
    return {
      ...rest,
      operands,
      title: `${title}, weights in bf16`,
      tolerance: Math.max(tolerance, activationRounding),
    };
  }
  const held = operands.map((it) => it && { ...it, data: it.spec.dtype ? it.data : rounded(it.data, "bf16") });
  return { ...rest, operands: held, title: `${title}, weights in bf16, activations as bf16 holds them`, tolerance };
}

/** Case `index` of a table with what the op leaves open in `storage`; its random numbers follow from the index alone. */
export function prepare(
  { op, cases, options }: OpTable,
  index: number,
  storage: RealDtype = "f32",
  weights = storage,
): PreparedCase {
  const entry = cases[index];
  const random = seeded(index + 1);
  const unknown = Object.keys(entry.shapes).find((name) => !(name in op.operands));
  if (unknown) throw new Error(`${op.name} has no operand "${unknown}"`);
  const operands = Object.entries(op.operands).map(([name, spec]) => {
    const shape = entry.shapes[name];
    if (!shape) return null;
    const dtype = dtypeOf(spec, { real: entry.dtypes?.[name] ?? "f32", weight: weights, storage });
    const element = entry.values?.[name] ?? options.values?.[name];
    if (!element && !isReal(dtype)) throw new Error(`${op.name}: integer operand "${name}" needs "values"`);
    const count = shape.reduce((total, size) => total * size, 1);
    const data = Float64Array.from({ length: count }, (_, index) => element?.(random, index) ?? random.normal());
    return { name, spec, dtype, shape, data: rounded(data, dtype) };
  });
  const shapes = operands.flatMap((operand) => (operand ? `${operand.name} [${operand.shape}]` : []));
  const attributes = (entry.attributes ?? {}) as Record<string, number | string>;
  const words = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  const title = [entry.name, ...shapes, ...words].filter((text) => text !== undefined).join(" ");
  const exact = entry.tolerance ?? options.tolerance ?? 1e-5;
  const tolerance = options.ofStored ? allowedError(storage, exact) : exact;
  return { op, title, storage, weights, operands, attributes, tolerance };
}

function dtypeOf({ dtype }: OperandSpec, open: Record<"real" | "weight" | "storage", RealDtype>): Dtype {
  if (dtype === undefined) return open.storage;
  return dtype === "real" || dtype === "weight" ? open[dtype] : dtype;
}

function differentiatedOperands(op: OpDefinition, entry: OpCase, options: OpOptions): readonly string[] {
  const chosen = entry.differentiate ?? options.differentiate;
  const present = Object.keys(op.operands).filter((name) => entry.shapes[name]);
  if (chosen) return chosen.filter((name) => present.includes(name));
  if (!op.gradient) return [];
  return present.filter((name) => {
    const { dtype, mutates } = op.operands[name];
    return (dtype === undefined || dtype === "f32" || dtype === "weight") && !mutates;
  });
}

/** The op alone in a graph, real operands as parameters and integers as inputs named after them. */
export function graphOf({ op, operands, attributes }: PreparedCase): {
  graph: Graph;
  values: Record<string, Value | null>;
  results: Value[];
  leaves: Map<string, Float64Array>;
} {
  const graph = new Graph();
  const leaves = new Map<string, Float64Array>();
  const values: Record<string, Value | null> = {};
  for (const operand of operands) {
    if (!operand) continue;
    const { name, spec, dtype, shape, data } = operand;
    if (spec.mutates) values[name] = graph.state(name, shape, dtype);
    else if (isReal(dtype)) values[name] = graph.parameter(name, shape, undefined, dtype);
    else values[name] = graph.input(name, shape, dtype);
    leaves.set(`${values[name]?.leaf?.kind}:${name}`, data);
  }
  const node = applyOp(graph, op, values, attributes);
  return { graph, values, results: [...node.results], leaves };
}

function checkOpGradient(prepared: PreparedCase, names: readonly string[], tolerance: number): void {
  const { graph, values, results, leaves } = graphOf(prepared);
  const differentiable = results.filter((result) => result.dtype === "f32");
  checkGradient({ graph, results: differentiable, wrt: names.map((name) => values[name]!), leaves, tolerance });
}

function checkDefinition(prepared: PreparedCase): void {
  const { graph, values, results, leaves } = graphOf(prepared);
  const named = Object.fromEntries(Object.keys(prepared.op.operands).map((name) => [name, values[name] ?? null]));
  const filled = Object.fromEntries(
    Object.entries(prepared.op.attributes).map(([name, spec]) => [name, prepared.attributes[name] ?? spec.default!]),
  );
  const plain = prepared.op.definition!(graph, named, filled);
  const names = Object.keys(prepared.op.results);
  const read = interpret(graph, leaves);
  for (const [index, name] of names.entries()) {
    const value = names.length === 1 ? (plain as Value) : (plain as Record<string, Value>)[name];
    assert.deepEqual(value.shape, results[index].shape);
    const error = relativeError(read(results[index]), read(value));
    assert.ok(error <= 1e-12, `"${name}" differs from the definition by ${error}`);
  }
}
