/** The options of a training run: JSON Schema, defaults and types in one place. */
import Type, { type Static } from "typebox";
import { dropouts } from "./dropout.js";

export const trainOptions = Type.Object(
  {
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e8, description: "Steps in all" })),
    batch: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024, description: "Samples a step" })),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER - 1,
        default: 1,
        description: "Seed of weights, scenes and noise",
      }),
    ),
    prediction: Type.Optional(
      Type.Union([Type.Literal("v"), Type.Literal("epsilon"), Type.Literal("x0")], {
        default: "v",
        description: "composer-mini: what the net predicts",
      }),
    ),
    minSnr: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e6,
        default: 0,
        description: "composer-mini: γ of min-SNR weighting; 0: none",
      }),
    ),
    dropout: Type.Optional(
      Type.Union(
        (Object.keys(dropouts) as (keyof typeof dropouts)[]).map((name) => Type.Literal(name)),
        {
          default: "per-sample",
          description:
            "composer-mini: how conditions are dropped: the paper's way in two readings, or alone more often",
        },
      ),
    ),
    singles: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0,
        description: "Share of clip-mini's samples, of composer-mini's captions alone, that tell one object in full",
      }),
    ),
    learningRate: Type.Optional(
      Type.Number({ minimum: 1e-8, maximum: 1, description: "composer-mini: peak learning rate" }),
    ),
    checkpointSeconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1e6, default: 300, description: "Seconds between checkpoints" }),
    ),
  },
  { additionalProperties: false },
);
export type TrainRunOptions = Static<typeof trainOptions>;
