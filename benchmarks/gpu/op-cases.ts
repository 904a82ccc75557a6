/**
 * The tables of test/ops as cases: every op that has a CUDA kernel, in every dtype that it takes, with what its reference
 * loops give in f64.
 */
import { readdir } from "node:fs/promises";
import { type Dtype, isReal, type RealDtype } from "../../lib/graph/graph.js";
import { elementsOf } from "../../lib/machine/execute.js";
import type { OpTable, PreparedCase } from "../../test/ops/harness.js";
import { bytesFill, digestOf, type Fill, normalFill, normalsOf } from "./contents.js";
import { type CaseRecord, type PlaceRecord, programRecord, tensorRecord } from "./format.js";

/** Of elements that have no rule. */
const longestPeriod = 1021;

const folder = new URL("../../test/ops/", import.meta.url);

/** The files of test/ops register tests as they are imported; nobody runs them here. */
async function importTables() {
  Object.assign(globalThis, { describe: () => {}, after: () => {} });
  const files = (await readdir(folder)).filter((file) => file.endsWith(".js"));
  for (const file of files.sort()) await import(new URL(file, folder).href);
  const harness = await import("../../test/ops/harness.js");
  return {
    ...harness,
    ...(await import("../../test/ops/on-devices.js")),
    ...(await import("../../test/ops/devices.js")),
  };
}

type Tests = Awaited<ReturnType<typeof importTables>>;

export async function opCases(opNames: readonly string[]): Promise<CaseRecord[]> {
  const tests = await importTables();
  const tables = tests.opTables.filter(({ op }) => tests.cudaOps.has(op.name));
  return tables.flatMap((table) =>
    [...table.cases.keys()].flatMap((index) => {
      const dtypes: readonly RealDtype[] = tests.opensDtype(table.op) ? ["f32", "f16", "bf16"] : ["f32"];
      return dtypes.map((dtype) => opCase(tests, table, index, dtype, opNames));
    }),
  );
}

function opCase(tests: Tests, table: OpTable, index: number, dtype: RealDtype, opNames: readonly string[]): CaseRecord {
  const { prepared, fills } = refilled(tests, table, index, dtype);
  const { program, placed } = tests.programOf(prepared, "weights");
  const places = (region: string): PlaceRecord[] =>
    placed.flatMap(({ name, operand }) =>
      operand.region === region ? [{ name, tensor: tensorRecord(operand), fill: fills.get(name) }] : [],
    );
  const expected = placed.flatMap(({ name, operand, after }) =>
    after && operand.region === "state"
      ? [
          {
            name,
            allowed: tests.allowedError(operand.dtype, prepared.tolerance),
            ...digestOf(tests.rounded(after, operand.dtype)),
          },
        ]
      : [],
  );
  return {
    name: `${table.op.name} ${prepared.title}`,
    kind: "op",
    dtype,
    weightBytes: program.weights.bytes,
    stateBytes: program.state.bytes,
    weights: places("weights"),
    state: places("state"),
    programs: [programRecord("run", program, places("inputs"), opNames)],
    expected,
  };
}

/**
 * The case with contents that take little room: operands whose table says nothing are normals of the block, and of what a
 * table says the first elements are repeated.
 */
function refilled({ prepare, rounded }: Tests, table: OpTable, index: number, dtype: RealDtype) {
  const prepared = prepare(table, index, dtype);
  const values = { ...table.options.values, ...table.cases[index].values };
  const fills = new Map<string, Fill>();
  const operands = prepared.operands.map((operand, number): PreparedCase["operands"][number] => {
    if (!operand) return null;
    const { name, dtype } = operand;
    const drawn = isReal(dtype) && !values[name];
    const own = operand.data.map((_, i, all) => all[i % longestPeriod]);
    const fill = drawn ? normalFill(number) : bytesFill(stored(dtype, own.subarray(0, longestPeriod)));
    fills.set(name, fill);
    return { ...operand, data: "normal" in fill ? rounded(normalsOf(fill, own.length), dtype) : own };
  });
  return { prepared: { ...prepared, operands }, fills };
}

function stored(dtype: Dtype, data: Float64Array): ArrayBufferView {
  if (dtype === "i32") return Int32Array.from(data);
  if (dtype === "u8") return Uint8Array.from(data);
  return dtype === "f32" ? Float32Array.from(data) : elementsOf(dtype, data);
}
