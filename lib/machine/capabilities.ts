/** What each kind of device can do: passes, and the dtypes that a user may choose from, follow this table. */
import { CounterpointError, quoted } from "../graph/error.js";
import { type RealDtype, realDtypes } from "../graph/graph.js";
import type { DeviceInfo } from "./device.js";

export interface Capabilities {
  /** What its kernels take where an op leaves the dtype open. */
  readonly storage: readonly RealDtype[];
  /** What else its products take matrices of weights in, beside a storage of f32. */
  readonly weights: readonly RealDtype[];
  /** What graphs are lowered to unless the user chooses. */
  readonly compute: RealDtype;
  /** Whether its convolutions give moments for less than its norms take them. */
  readonly moments: boolean;
  /** Whether its products apply activations and what is the same all over an image: see lib/passes/epilogues.ts. */
  readonly epilogues: boolean;
  /** Whether its norms and convolutions read channels from two operands: see lib/passes/two-sources.ts. */
  readonly twoSources: boolean;
}

export const capabilities: Readonly<Record<DeviceInfo["kind"], Capabilities>> = {
  reference: {
    storage: realDtypes,
    weights: ["bf16"],
    compute: "f32",
    moments: false,
    epilogues: false,
    twoSources: false,
  },
  cpu: { storage: ["f32"], weights: ["bf16"], compute: "f32", moments: false, epilogues: true, twoSources: true },
  cuda: { storage: realDtypes, weights: [], compute: "f16", moments: true, epilogues: false, twoSources: true },
  "cuda-emulated": {
    storage: realDtypes,
    weights: [],
    compute: "f16",
    moments: true,
    epilogues: false,
    twoSources: true,
  },
};

/** What a user may choose from on devices of a kind. */
export function computeDtypes(kind: DeviceInfo["kind"]): readonly RealDtype[] {
  return [...new Set([...capabilities[kind].storage, ...capabilities[kind].weights])];
}

/** `wanted`, or the kind's own. Throws CP_ARG_RANGE where the kind does not have it. */
export function computeDtype(kind: DeviceInfo["kind"], wanted?: RealDtype): RealDtype {
  const expected = computeDtypes(kind);
  if (wanted === undefined || expected.includes(wanted)) return wanted ?? capabilities[kind].compute;
  throw new CounterpointError(
    "CP_ARG_RANGE",
    `dtype: got ${quoted(wanted)}, expected ${expected.join(", ")} on ${kind}`,
    { details: { got: wanted, expected } },
  );
}

/** What activations are stored in where matrices of weights are kept in `compute`, on devices of a kind. */
export function activationDtype(kind: DeviceInfo["kind"], compute: RealDtype): RealDtype {
  return capabilities[kind].storage.includes(compute) ? compute : "f32";
}
