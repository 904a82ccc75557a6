/**
 * What an op is: operands, attributes and results with declarative shapes, a gradient rule and reference loops.
 *
 * From one definition come the shape check when a graph is built, the C++ struct and the native check of every
 * instruction, the gradient pass, the reference device and the tests. An op and its gradient's ops live in one file.
 */
import { allowedDtypes, dtypeText, resultDtype } from "./dtype-rules.js";
import { CounterpointError } from "./error.js";
import { evaluateExpression, isBound, parseExpression } from "./expression.js";
import type { Dtype, Graph, Value } from "./graph.js";
import { type Binding, bindShape, resolveShape, sameShape } from "./pattern.js";

export interface OperandSpec {
  /** See pattern.ts. */
  readonly shape: string;
  /**
   * Absent: the instruction's *storage*, one of `realDtypes` and the same for all of its operands and results that name no
   * dtype. "f32" is for what must not be rounded further: statistics, coefficients, masks, noise, losses, and vectors that
   * cost no bandwidth. "real" is any of `realDtypes`, whatever the others have. "weight" is the storage, or bf16 beside a
   * storage of f32, on devices whose `Capabilities.weights` has it; it stands behind an operand that binds the storage.
   */
  readonly dtype?: Dtype | "real" | "weight";
  readonly optional?: true;
  /** The instruction writes this operand in place; it must be a state leaf or a view of one. */
  readonly mutates?: true;
}

export interface ResultSpec {
  readonly shape: string;
  /**
   * Absent: the storage of the operands, f32 where none has any. `{ choice }`: what that attribute says. `{ of }`: what that
   * operand, a required one, has.
   */
  readonly dtype?: Dtype | { readonly choice: string } | { readonly of: string };
}

/** An attribute: an integer or a float with its default, or one of a few words (kept as its index). */
export type AttributeSpec =
  | { readonly kind: "int" | "float"; readonly default?: number }
  | { readonly kind: "choice"; readonly values: readonly string[]; readonly default: string };

/** A tensor of the reference device: dense, row-major, f64; integers are whole numbers. */
export interface ReferenceTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The untyped view of an op that passes, programs and devices work with. */
export interface OpDefinition {
  readonly name: string;
  readonly operands: Readonly<Record<string, OperandSpec>>;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  readonly results: Readonly<Record<string, ResultSpec>>;
  /**
   * Further conditions over sizes and integer attributes: `"C % groups == 0"`. One that names a size of an absent operand
   * holds.
   */
  readonly where: readonly string[];
  /** Floating-point operations of one instruction, a multiply-add as two: `"2*rows*I*O"`; absent: not worth counting. */
  readonly flops?: string;
  readonly gradient?: (graph: Graph, call: GradientCall) => Record<string, Value | null>;
  readonly definition?: (
    graph: Graph,
    operands: Record<string, Value | null>,
    attributes: Record<string, number | string>,
  ) => Value | Record<string, Value>;
  readonly reference: (
    tensors: Record<string, ReferenceTensor | undefined>,
    attributes: Record<string, number | string>,
  ) => void;
}

/** What a gradient rule gets. */
export interface GradientCall {
  readonly operands: Record<string, Value | null>;
  readonly attributes: Record<string, number | string>;
  readonly results: Record<string, Value>;
  /** d loss / d result; null where the loss does not depend on that result. */
  readonly upstream: Record<string, Value | null>;
  /** Whether anything needs the gradient with respect to this operand. */
  readonly wants: (operand: string) => boolean;
}

type Operands<O extends Record<string, OperandSpec>> = {
  [K in keyof O as O[K] extends { optional: true } ? never : K]: Value;
} & { [K in keyof O as O[K] extends { optional: true } ? K : never]?: Value | null };

type AttributeValue<S extends AttributeSpec> = S extends { kind: "choice"; values: readonly (infer W)[] } ? W : number;
type Attributes<A extends Record<string, AttributeSpec>> = {
  [K in keyof A as A[K] extends { default: unknown } ? never : K]: AttributeValue<A[K]>;
} & { [K in keyof A as A[K] extends { default: unknown } ? K : never]?: AttributeValue<A[K]> };

type FilledAttributes<A extends Record<string, AttributeSpec>> = { [K in keyof A]: AttributeValue<A[K]> };
type AllOperands<O extends Record<string, OperandSpec>> = {
  [K in keyof O]: O[K] extends { optional: true } ? Value | null : Value;
};
type ReferenceTensors<O extends Record<string, OperandSpec>, R> = {
  [K in keyof O]: O[K] extends { optional: true } ? ReferenceTensor | undefined : ReferenceTensor;
} & { [K in keyof R]: ReferenceTensor };

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;
/** One result: its value. Several: a record. None: nothing. */
type Results<R> = [keyof R] extends [never]
  ? undefined
  : IsUnion<keyof R> extends true
    ? Record<keyof R, Value>
    : Value;

export interface Op<
  O extends Record<string, OperandSpec>,
  A extends Record<string, AttributeSpec>,
  R extends Record<string, ResultSpec>,
> {
  (graph: Graph, operands: Operands<O>, attributes?: Attributes<A>): Results<R>;
  readonly definition: OpDefinition;
}

/**
 * Defines an op. The result is called as `op(graph, operands, attributes)`, checks everything against the definition,
 * appends a node, and returns the result value (or a record of values where there are several).
 */
export function defineOp<
  const O extends Record<string, OperandSpec>,
  const A extends Record<string, AttributeSpec>,
  const R extends Record<string, ResultSpec>,
>(definition: {
  /** camelCase, the stem of the C++ function. */
  name: string;
  operands: O;
  attributes?: A;
  results: R;
  where?: readonly string[];
  flops?: string;
  /** d loss / d operand, for those that `wants` asks for; an operand left out has no gradient. */
  gradient?: (
    graph: Graph,
    call: {
      operands: AllOperands<O>;
      attributes: FilledAttributes<A>;
      results: Record<keyof R, Value>;
      upstream: Record<keyof R, Value | null>;
      wants: (operand: keyof O & string) => boolean;
    },
  ) => { [K in keyof O]?: Value | null };
  /** For a fused op: the same computation in plainer ops. Documentation, fallback and oracle. */
  definition?: (graph: Graph, operands: AllOperands<O>, attributes: FilledAttributes<A>) => Results<R>;
  /** Plain loops in f64 over dense tensors: writes every result (zero at the start) and every mutated operand. */
  reference: (tensors: ReferenceTensors<O, R>, attributes: FilledAttributes<A>) => void;
}): Op<O, A, R> {
  const plain = { where: [], attributes: {}, ...definition } as unknown as OpDefinition;
  const call = (graph: Graph, operands: Operands<O>, attributes?: Attributes<A>): Results<R> => {
    const node = applyOp(graph, plain, operands as Record<string, Value | null>, attributes ?? {});
    return resultsOf(plain, node.results) as Results<R>;
  };
  return Object.assign(call, { definition: plain });
}

/** A node's results as `Op` returns them. */
function resultsOf(op: OpDefinition, results: readonly Value[]): Value | Record<string, Value> | undefined {
  if (results.length <= 1) return results[0];
  return Object.fromEntries(Object.keys(op.results).map((name, index) => [name, results[index]]));
}

/** Checks operands and attributes against `op`, infers the results' shapes and appends the node. */
export function applyOp(
  graph: Graph,
  op: OpDefinition,
  operands: Record<string, Value | null | undefined>,
  attributes: Record<string, number | string>,
): ReturnType<Graph["append"]> {
  const values = Object.keys(op.operands).map((name) => operands[name] ?? null);
  const numbers = Object.entries(op.attributes).map(([name, spec]) =>
    attributeNumber(op, name, spec, attributes[name] ?? spec.default),
  );
  const unknown = [...Object.keys(operands), ...Object.keys(attributes)].find(
    (name) => !(name in op.operands) && !(name in op.attributes),
  );
  if (unknown !== undefined) throw invalid(graph, op, `has no operand or attribute "${unknown}"`);
  const shapes = inferShapes(
    op,
    values.map((value) => value && { shape: value.shape, dtype: value.dtype }),
    numbers,
  );
  if (typeof shapes === "string") throw invalid(graph, op, shapes);
  return graph.append(op, values, numbers, shapes);
}

/** The shapes and dtypes of an op's results, or what is wrong with its operands. */
export function inferShapes(
  op: OpDefinition,
  operands: readonly ({ shape: readonly number[]; dtype: Dtype } | null)[],
  attributes: readonly number[],
): { shape: readonly number[]; dtype: Dtype }[] | string {
  const binding: Binding = { sizes: new Map(), rest: null };
  for (const [index, [name, spec]] of Object.entries(op.attributes).entries()) {
    if (spec.kind === "int") binding.sizes.set(name, attributes[index]);
  }
  const specs = Object.entries(op.operands);
  let storage: Dtype | null = null;
  for (const [index, [name, spec]] of specs.entries()) {
    const operand = operands[index];
    if (!operand) {
      if (!spec.optional) return `operand "${name}" is missing`;
      continue;
    }
    const allowed = allowedDtypes(spec, storage);
    if (!allowed.includes(operand.dtype)) return `operand "${name}" is ${operand.dtype}, not ${allowed.join(", ")}`;
    if (spec.dtype === undefined) storage = operand.dtype;
    const wrong = bindShape(spec.shape, operand.shape, binding);
    if (wrong) return `operand "${name}" [${operand.shape}]: ${wrong}`;
  }
  for (const [index, [name, spec]] of specs.entries()) {
    const operand = operands[index];
    if (!operand) continue;
    const shape = resolveShape(spec.shape, binding);
    if (typeof shape === "string") return `operand "${name}": ${shape}`;
    if (!sameShape(shape, operand.shape)) return `operand "${name}" is [${operand.shape}], expected [${shape}]`;
  }
  for (const condition of op.where) {
    const tree = parseExpression(condition);
    if (isBound(tree, binding.sizes) && !evaluateExpression(tree, binding.sizes)) return `${condition} does not hold`;
  }
  const results: { shape: readonly number[]; dtype: Dtype }[] = [];
  for (const [name, spec] of Object.entries(op.results)) {
    const shape = resolveShape(spec.shape, binding);
    if (typeof shape === "string") return `result "${name}": ${shape}`;
    results.push({ shape, dtype: resultDtype(op, spec, storage ?? "f32", operands, attributes) });
  }
  return results;
}

/** Attributes by name, choices as words. */
export function namedAttributes(op: OpDefinition, attributes: readonly number[]): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(op.attributes).map(([name, spec], index) => [
      name,
      spec.kind === "choice" ? spec.values[attributes[index]] : attributes[index],
    ]),
  );
}

/** Operands by name; null where absent. */
export function namedOperands(op: OpDefinition, operands: readonly (Value | null)[]): Record<string, Value | null> {
  return Object.fromEntries(Object.keys(op.operands).map((name, index) => [name, operands[index]]));
}

/** The canonical text of an op's interface; TypeScript and native agree on an op when they agree on its hash. */
export function signature(op: OpDefinition): string {
  type Spec = Omit<OperandSpec, "dtype"> & { readonly dtype?: OperandSpec["dtype"] | ResultSpec["dtype"] };
  const list = (specs: Readonly<Record<string, Spec>>) =>
    Object.entries(specs)
      .map(([name, { shape, dtype, optional, mutates }]) => {
        const marks = `${optional ? "?" : ""}${mutates ? "!" : ""}`;
        return `${name}${marks}:${dtypeText(dtype)}[${shape}]`;
      })
      .join(",");
  const attributes = Object.entries(op.attributes)
    .map(([name, spec]) => `${name}:${spec.kind === "choice" ? spec.values.join("|") : spec.kind}`)
    .join(",");
  return `${op.name}(${list(op.operands)};${attributes})->(${list(op.results)}) where ${op.where.join(",")}`;
}

/** 32-bit FNV-1a of the signature: the instruction's opcode. */
export function opcode(op: OpDefinition): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(signature(op))) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function attributeNumber(
  op: OpDefinition,
  name: string,
  spec: AttributeSpec,
  value: number | string | undefined,
): number {
  const number = spec.kind === "choice" ? spec.values.indexOf(String(value)) : Number(value);
  const valid = spec.kind === "float" ? Number.isFinite(number) : Number.isSafeInteger(number) && number >= 0;
  if (value !== undefined && valid) return number;
  throw new CounterpointError("CP_GRAPH_INVALID", `${op.name}: attribute "${name}" cannot be ${value}`, {
    phase: "compile",
  });
}

function invalid(graph: Graph, op: OpDefinition, what: string): CounterpointError {
  return new CounterpointError("CP_GRAPH_INVALID", `${graph.frame()}: ${op.name}: ${what}`, { phase: "compile" });
}
