/** The walk through a U-Net's stages, which every net of that shape shares. */
import type { Graph, Value } from "../graph/graph.js";
import { concatChannels } from "../ops/concat-channels.js";
import type { Layout } from "./unet-config.js";

/**
 * Runs `stem` through all stages of `layout`, each by `run`. The stem and every down stage's output are kept; on the way up
 * a stage that joins takes the latest kept one beside its input (ADM).
 */
export function throughStages<S>(
  graph: Graph,
  { down, middle, up }: Layout<S>,
  stem: Value,
  run: (x: Value, stage: S) => Value,
): Value {
  let h = stem;
  const kept = [h];
  for (const stage of down) {
    h = run(h, stage);
    kept.push(h);
  }
  for (const stage of middle) h = run(h, stage);
  for (const stage of up) {
    if (stage.joins) h = concatChannels(graph, { a: h, b: kept.pop()! });
    h = run(h, stage);
  }
  return h;
}
