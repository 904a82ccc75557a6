/**
 * The inputs of a Composer U-Net, declared by name, for programs whose host writes them.
 *
 *     conditions   words, sentence, semantics, palette (`rows` rows each), and the five planes (`planes` rows)
 *     step         xT is the caller's (a state when sampling); t [rows], mask.<condition> [rows], mask.context
 */
import type { Graph, Value } from "../graph/graph.js";
import type { ConditionMasks } from "./unet.js";
import type { ConditionInputs, Encoded } from "./unet-conditions.js";
import { contextLength, globalNames, localChannels, localNames, type UnetConfig } from "./unet-config.js";

/** Declares the conditions. `rows` is a multiple of `planes`. */
export function conditionInputs(graph: Graph, config: UnetConfig, rows: number, planes = rows): ConditionInputs {
  const { planeSize } = config.locals;
  const { words, wordWidth } = config.context;
  return {
    words: graph.input("words", [rows, words, wordWidth]),
    sentence: graph.input("sentence", [rows, config.embedding]),
    semantics: graph.input("semantics", [rows, config.embedding]),
    palette: graph.input("palette", [rows, config.palette]),
    locals: recordOf(localNames, (name) => graph.input(name, [planes, planeSize, planeSize, localChannels[name]])),
  };
}

/** Declares the masks. */
export function maskInputs(graph: Graph, config: UnetConfig, rows: number): ConditionMasks {
  return {
    locals: recordOf(localNames, (name) => graph.input(`mask.${name}`, [rows])),
    globals: recordOf(globalNames, (name) => graph.input(`mask.${name}`, [rows])),
    context: graph.input("mask.context", [rows, contextLength(config)]),
  };
}

/** The encoded conditions as states of another program, under the same names. */
export function encodedStates(graph: Graph, encoded: Encoded): Encoded {
  return recordOf(Object.keys(encoded), (name) => graph.state(name, encoded[name].shape));
}

function recordOf<K extends string>(names: readonly K[], toValue: (name: K) => Value): Record<K, Value> {
  return Object.fromEntries(names.map((name) => [name, toValue(name)])) as Record<K, Value>;
}
