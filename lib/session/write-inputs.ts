/** Tensors that come from the host: checked against a layout and written into its bytes. */
import { CounterpointError, quoted } from "../graph/error.js";
import type { Shape } from "../graph/graph.js";
import { product, sameShape } from "../graph/pattern.js";
import { arrays, type TypedArray, typedView } from "../machine/execute.js";
import type { Layout, Operand } from "../program/program.js";
import type { TensorMap } from "../weights/safetensors.js";

/**
 * Writes every tensor of `layout` into `bytes`. Throws CP_ARG_UNKNOWN for a name that is not in the layout, CP_ARG_TYPE
 * for a tensor that is missing or of another dtype, CP_ARG_SHAPE for one of another length; then nothing is written.
 */
export function writeInputs(bytes: ArrayBuffer, layout: Layout, given: Readonly<Record<string, TypedArray>>): void {
  for (const name of Object.keys(given)) requireTensor(layout, name, "input");
  for (const [name, operand] of layout.tensors) checkTensor(name, operand, given[name]);
  for (const [name, { dtype, offset, shape }] of layout.tensors) {
    typedView(bytes, dtype, offset, product(shape)).set(given[name]);
  }
}

/** The place of `name` in `layout`. Throws CP_ARG_UNKNOWN. */
export function requireTensor(layout: Layout, name: string, what: string): Operand {
  const operand = layout.tensors.get(name);
  if (operand) return operand;
  const known = [...layout.tensors.keys()].slice(0, 20);
  throw new CounterpointError("CP_ARG_UNKNOWN", `no ${what} ${quoted(name)}; there are ${known.join(", ") || "none"}`, {
    details: { name, known },
  });
}

/** Throws CP_ARG_TYPE or CP_ARG_SHAPE unless `data` is a typed array of the operand's dtype and length. */
export function checkTensor(name: string, { dtype, shape }: Operand, data: unknown): void {
  const expected = `${arrays[dtype].name} of ${product(shape)}`;
  if (!(data instanceof arrays[dtype])) {
    const got = ArrayBuffer.isView(data) ? data.constructor.name : String(data === null ? null : typeof data);
    throw new CounterpointError("CP_ARG_TYPE", `tensor ${quoted(name)} is ${got}, expected ${expected}`, {
      details: { name, got, expected },
    });
  }
  if (data.length === product(shape)) return;
  throw new CounterpointError(
    "CP_ARG_SHAPE",
    `tensor ${quoted(name)} has ${data.length} elements, expected ${expected}`,
    {
      details: { name, got: data.length, expected: product(shape), shape },
    },
  );
}

/** Throws CP_CHECKPOINT_MISMATCH unless `tensors` are f32 and exactly the layout's, in name and shape. */
export function checkSnapshot(layout: Layout, tensors: TensorMap): void {
  const wrong = [...layout.tensors].find(([name, { dtype, shape }]) => {
    const tensor = tensors.get(name);
    return dtype !== "f32" || !tensor || !sameShape(tensor.shape, shape);
  });
  const name = wrong?.[0] ?? [...tensors.keys()].find((given) => !layout.tensors.has(given));
  if (name === undefined) return;
  const expected = layout.tensors.get(name)?.shape;
  const got = tensors.get(name)?.shape;
  const words = (shape: Shape | undefined) => (shape ? `f32 [${shape}]` : "nothing");
  throw new CounterpointError(
    "CP_CHECKPOINT_MISMATCH",
    `the saved state does not fit: ${quoted(name)} is ${words(got)}, expected ${words(expected)}`,
    { phase: "load", details: { name, expected: expected ?? null, got: got ?? null } },
  );
}
