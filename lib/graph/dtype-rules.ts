/** What the dtypes of an op's operands and results may be beside each other, by its specs. */
import { type Dtype, realDtypes } from "./graph.js";
import type { OpDefinition, OperandSpec, ResultSpec } from "./op.js";

/** What an operand may have; `storage` is that of the operands before it that leave theirs open, null where none did. */
export function allowedDtypes({ dtype }: OperandSpec, storage: Dtype | null): readonly Dtype[] {
  if (dtype === "weight") return storage === null ? [] : storage === "f32" ? ["f32", "bf16"] : [storage];
  if (dtype === undefined) return storage === null ? realDtypes : [storage];
  return dtype === "real" ? realDtypes : [dtype];
}

/** The dtype of a result of `spec` over `operands`, of which those that leave theirs open have `storage`. */
export function resultDtype(
  op: OpDefinition,
  { dtype }: ResultSpec,
  storage: Dtype,
  operands: readonly ({ readonly dtype: Dtype } | null)[],
  attributes: readonly number[],
): Dtype {
  if (typeof dtype !== "object") return dtype ?? storage;
  if ("of" in dtype) return operands[Object.keys(op.operands).indexOf(dtype.of)]!.dtype;
  const spec = op.attributes[dtype.choice];
  const index = attributes[Object.keys(op.attributes).indexOf(dtype.choice)];
  return (spec.kind === "choice" ? spec.values[index] : "f32") as Dtype;
}

/** As a signature has it. */
export function dtypeText(dtype: OperandSpec["dtype"] | ResultSpec["dtype"]): string {
  if (typeof dtype !== "object") return dtype ?? "storage";
  return "choice" in dtype ? dtype.choice : dtype.of;
}
