/**
 * CLIP: a text and an image encoder whose unit vectors agree where a caption describes a picture.
 *
 *     words    = transformer( table[ids] ), causal          sentence  = unit( words[end] · P )
 *     tokens   = transformer( patches · W ), all to all     embedding = unit( mean(tokens) · P )
 *     loss     = ½ ( crossEntropy(S, i) + crossEntropy(Sᵀ, i) ),  S[i, j] = s · embedding_i · sentence_j
 *
 * Source: CLIP (arXiv 2103.00020), section 2 and figure 3; here the image is pooled by the mean.
 */
import type { Graph, Value } from "../graph/graph.js";
import { add } from "../ops/add.js";
import { embedding } from "../ops/embedding.js";
import { gatherRows } from "../ops/gather-rows.js";
import { l2Normalize } from "../ops/l2-normalize.js";
import { linear } from "../ops/linear.js";
import { matmulTransposed } from "../ops/matmul-transposed.js";
import { mean } from "../ops/mean.js";
import { meanTokens } from "../ops/mean-tokens.js";
import { scaleBy } from "../ops/scale-by.js";
import { softmaxCrossEntropy } from "../ops/softmax-cross-entropy.js";
import { unshuffle } from "../ops/unshuffle.js";
import { linearLayer, parameter } from "./layers.js";
import { type TransformerConfig, transformer } from "./transformer.js";

export interface ClipConfig {
  /** Length of the sentence and of the image embedding. */
  readonly embedding: number;
  readonly text: TransformerConfig & { readonly vocabulary: number; readonly words: number };
  /** Pixels a side of the image and of one patch. */
  readonly image: TransformerConfig & { readonly imageSize: number; readonly patch: number };
}

/** The logit scale that training starts from: the inverse of CLIP's temperature. */
const initialLogitScale = 1 / 0.07;

/** ids [N words] and the place of the end token [N], both i32 -> words [N words width] and unit sentence [N embedding]. */
export function encodeText(
  graph: Graph,
  config: ClipConfig,
  { ids, end }: { ids: Value; end: Value },
): { words: Value; sentence: Value } {
  const { vocabulary, width } = config.text;
  return graph.scope("clip.text", () => {
    const table = parameter(graph, "table", [vocabulary, width], { mean: 0, std: 0.5 });
    const words = transformer(graph, config.text, embedding(graph, { table, ids }), true);
    const pooled = gatherRows(graph, { x: words, index: end });
    return { words, sentence: projected(graph, pooled, config.embedding) };
  });
}

/** image [N imageSize imageSize 3] in −1 … 1 -> unit embedding [N embedding]. */
export function encodeImage(graph: Graph, config: ClipConfig, image: Value): Value {
  const { width, patch } = config.image;
  return graph.scope("clip.image", () => {
    const patches = unshuffle(graph, { x: image }, { block: patch });
    const [count, rows, columns, channels] = patches.shape;
    const tokens = linearLayer(graph, "patch", graph.reshape(patches, [count, rows * columns, channels]), width);
    const pooled = meanTokens(graph, { x: transformer(graph, config.image, tokens, false) });
    return projected(graph, pooled, config.embedding);
  });
}

function projected(graph: Graph, pooled: Value, length: number): Value {
  return l2Normalize(graph, { x: linearLayer(graph, "projection", pooled, length, { bias: false }) });
}

/**
 * The symmetric contrastive loss [1] of N pairs. `images` and `sentences` [N embedding] are unit vectors; `targets` [N]
 * i32 holds 0 … N−1, or −1 for a pair that is left out of the loss and stays as a negative for the others.
 */
export function contrastiveLoss(
  graph: Graph,
  { images, sentences, targets }: { images: Value; sentences: Value; targets: Value },
): Value {
  return graph.scope("clip", () => {
    const oneWay = (a: Value, b: Value) => {
      const logits = scaledLogits(graph, matmulTransposed(graph, { a, b }));
      return mean(graph, { x: softmaxCrossEntropy(graph, { logits, target: targets }) });
    };
    const sum = add(graph, { a: oneWay(images, sentences), b: oneWay(sentences, images) });
    return scaleBy(graph, { x: sum }, { factor: 0.5 });
  });
}

/** Similarities times the logit scale: a learned number that starts at 1, times the initial scale. */
function scaledLogits(graph: Graph, similarities: Value): Value {
  const scale = parameter(graph, "logitScale", [1, 1], { mean: 1, std: 0 });
  const column = graph.reshape(similarities, [similarities.shape[0] * similarities.shape[1], 1]);
  const logits = scaleBy(graph, { x: linear(graph, { x: column, weight: scale }) }, { factor: initialLogitScale });
  return graph.reshape(logits, similarities.shape);
}
