/**
 * What a Composer U-Net computes from its conditions alone, whatever the step: the parts that a caption, an image
 * embedding and a palette add to the time embedding; the context's keys and values of every attention block; and the
 * encoded plane of every local condition.
 *
 *     sentence  [N E]      -> linear ·················· embedding.caption   [N 4w]
 *     semantics [N E]      -> linear ·················· embedding.semantics [N 4w]
 *     palette   [N bins]   -> linear ·················· embedding.palette   [N 4w]
 *     words     [N W d]    -> linear ┐
 *     semantics            -> linear ├ context [N T c] -> two linears for each attention block: keys, values [N T C]
 *     palette              -> linear ┘
 *     local     [P S S k]  -> its encoder ············· local.sketch …      [P h w 8]
 *
 * Source: Composer, section 2.2; VideoComposer's local encoders; 4 + 4 tokens as in unCLIP.
 */
import type { Graph, Value } from "../graph/graph.js";
import { concatTokens } from "../ops/concat-tokens.js";
import { scaleBy } from "../ops/scale-by.js";
import { silu } from "../ops/silu.js";
import { unshuffle } from "../ops/unshuffle.js";
import { convLayer, linearLayer } from "./layers.js";
import { attentionStages, type LocalName, localNames, type UnetConfig } from "./unet-config.js";

/** The conditions as they enter; an absent one may hold any finite numbers, since `denoise` masks it out. */
export interface ConditionInputs {
  /** [N words wordWidth], entries of variance about 1. */
  readonly words: Value;
  /** [N embedding], unit vectors. */
  readonly sentence: Value;
  /** [N embedding], unit vectors. */
  readonly semantics: Value;
  /** [N bins], a histogram with sum 1. */
  readonly palette: Value;
  /** Each [P planeSize planeSize channels]; N is a multiple of P. */
  readonly locals: Readonly<Record<LocalName, Value>>;
}

/**
 * Everything `denoise` needs to know of the conditions, by name: a flat record, so that a prepare program can store
 * each value into a state of the same name and a step program can read it from there.
 */
export type Encoded = Readonly<Record<string, Value>>;

/** The length of a usual picture's smoothed histogram. */
const paletteLength = 0.2;

/** Encodes the conditions. */
export function encodeConditions(graph: Graph, config: UnetConfig, inputs: ConditionInputs): Encoded {
  return graph.scope("unet", () => {
    // Inputs come with unit length; nets learn from entries of unit size.
    const unit = Math.sqrt(config.embedding);
    const globals = {
      caption: scaleBy(graph, { x: inputs.sentence }, { factor: unit }),
      semantics: scaleBy(graph, { x: inputs.semantics }, { factor: unit }),
      palette: scaleBy(graph, { x: inputs.palette }, { factor: Math.sqrt(config.palette) / paletteLength }),
    };
    const encoded: Record<string, Value> = {};
    for (const [name, value] of Object.entries(globals)) {
      encoded[`embedding.${name}`] = linearLayer(graph, `embedding.${name}`, value, 4 * config.width);
    }
    const context = contextOf(graph, config, inputs.words, globals.semantics, globals.palette);
    for (const { name, outputs } of attentionStages(config)) {
      for (const role of ["keys", "values"]) {
        const key = `${name}.attention.context-${role}`;
        encoded[key] = linearLayer(graph, key, context, outputs);
      }
    }
    for (const name of localNames) {
      encoded[`local.${name}`] = graph.scope(`local.${name}`, () => encodeLocal(graph, config, inputs.locals[name]));
    }
    return encoded;
  });
}

/** Caption words, image tokens and palette tokens in one list [N T width]. */
function contextOf(graph: Graph, config: UnetConfig, words: Value, semantics: Value, palette: Value): Value {
  const { width, tokens } = config.context;
  return graph.scope("context", () => {
    const tokensOf = (name: string, value: Value) =>
      graph.reshape(linearLayer(graph, name, value, tokens * width), [value.shape[0], tokens, width]);
    const both = concatTokens(graph, { a: tokensOf("semantics", semantics), b: tokensOf("palette", palette) });
    return concatTokens(graph, { a: linearLayer(graph, "words", words, width), b: both });
  });
}

function encodeLocal(graph: Graph, config: UnetConfig, plane: Value): Value {
  const { block, width, outputs, strides } = config.locals;
  let h = block === 1 ? plane : unshuffle(graph, { x: plane }, { block });
  h = silu(graph, { x: convLayer(graph, "conv1", h, width) });
  h = silu(graph, { x: convLayer(graph, "conv2", h, width, { stride: strides[0] }) });
  return convLayer(graph, "conv3", h, outputs, { stride: strides[1] });
}
