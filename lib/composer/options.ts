/** The options of the public API: JSON Schema, defaults and types in one place. */
import Type, { type Static } from "typebox";
import { type ConditionName, conditionNames } from "../conditions/condition.js";
import { type RealDtype, realDtypes } from "../graph/graph.js";
import { type DeviceName, deviceNamePattern, deviceNames } from "../machine/choose.js";
import { type Isa, isaNames } from "../program/isa.js";

const conditionName = Type.Unsafe<ConditionName>(Type.Union(conditionNames.map((name) => Type.Literal(name))));

export const loadOptions = Type.Object(
  {
    device: Type.Optional(
      Type.Unsafe<DeviceName>(
        Type.Union([...deviceNames.map((name) => Type.Literal(name)), Type.String({ pattern: deviceNamePattern })], {
          default: "auto",
          description: `What to compute on, ${deviceNames.join(", ")}, or cuda:1: auto takes a GPU, or else the CPU`,
        }),
      ),
    ),
    threads: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 256,
        description: "Threads of the cpu device; default: the CPUs this process may use",
      }),
    ),
    isa: Type.Optional(
      Type.Unsafe<Isa>(
        Type.Union(
          isaNames.map((name) => Type.Literal(name)),
          { description: "Instruction set of the cpu device; default: the best this machine runs" },
        ),
      ),
    ),
    dtype: Type.Optional(
      Type.Unsafe<RealDtype>(
        Type.Union(
          realDtypes.map((name) => Type.Literal(name)),
          {
            description:
              "On GPUs, what activations and weights are stored in, default f16; on the CPU f32, the default, or bf16: what weights are kept in, at half the memory, and their products computed with",
          },
        ),
      ),
    ),
    weights: Type.Optional(Type.String({ description: "Folder of weights; default: the embedded ones" })),
  },
  { additionalProperties: false },
);
export type LoadOptions = Static<typeof loadOptions>;

export const composeOptions = Type.Object(
  {
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 30, description: "Denoising steps" })),
    guidance: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 30,
        default: 3,
        description: "ω in ε̂ = ω ε(c₂) + (1 − ω) ε(c₁); 1: no guidance",
      }),
    ),
    eta: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, default: 0, description: "DDIM noise: 0 none, 1 as DDPM" }),
    ),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        default: 0,
        description: "Seed of all noise; a picture is a function of seed and its number, whatever batch it is in",
      }),
    ),
    first: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 31 - 65,
        default: 0,
        description: "Number of the first image; image i of several has number first + i",
      }),
    ),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, default: 1, description: "Images, computed as one batch" }),
    ),
    unguided: Type.Optional(
      Type.Array(conditionName, {
        description:
          "c₁, the conditions that guidance pushes away from; default: the local ones among the parts, none of the global ones",
      }),
    ),
    measure: Type.Optional(
      Type.Boolean({ default: true, description: "Measure how far each image is from each condition" }),
    ),
    signal: Type.Optional(Type.Any({ description: "AbortSignal: the run rejects with CP_CANCELLED within one step" })),
  },
  { additionalProperties: false },
);
export type ComposeOptions = Static<typeof composeOptions> & { signal?: AbortSignal };

export const decomposeOptions = Type.Object(
  {
    caption: Type.Optional(Type.String({ maxLength: 300, description: "The picture's caption, where one is known" })),
    only: Type.Optional(Type.Array(conditionName, { description: "The representations wanted; default: all" })),
    signal: Type.Optional(Type.Any({ description: "AbortSignal" })),
  },
  { additionalProperties: false },
);
export type DecomposeOptions = Static<typeof decomposeOptions> & { signal?: AbortSignal };
