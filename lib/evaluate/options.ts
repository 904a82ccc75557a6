/** The options of an evaluation: JSON Schema, defaults and types in one place. */
import Type, { type Static } from "typebox";
import { composeOptions, loadOptions } from "../composer/options.js";
import { type ConditionName, conditionNames } from "../conditions/condition.js";

/** What the table has a row for: each condition alone, all together, and the two nets that measure. */
export const rowNames = [...conditionNames, "all", "judge", "clip"] as const;
export type RowName = ConditionName | "all" | "judge" | "clip";

const rowName = Type.Unsafe<RowName>(Type.Union(rowNames.map((name) => Type.Literal(name))));
const { guidance, eta, seed } = composeOptions.properties;

export const evaluateOptions = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 2, maximum: 4096, default: 128, description: "Images in each row" })),
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: "Denoising steps" })),
    guidance,
    eta,
    seed,
    only: Type.Optional(Type.Array(rowName, { description: `Rows wanted, of ${rowNames.join(", ")}; default: all` })),
    ...loadOptions.properties,
  },
  { additionalProperties: false },
);
export type EvaluateOptions = Static<typeof evaluateOptions>;
