/**
 * clip-mini at work: captions to words and sentences, pictures to embeddings, in the place of CLIP ViT-L/14.
 *
 * Both encoders run at a fixed batch; longer lists run in several rounds, a shorter one is filled up with zeros, and
 * since no row depends on its neighbours the numbers are the same.
 */
import { Graph } from "../graph/graph.js";
import type { Device } from "../machine/device.js";
import { type ClipConfig, encodeImage, encodeText } from "../models/clip.js";
import { fromRgb8 } from "../ops/from-rgb8.js";
import { store } from "../ops/store.js";
import { Session } from "../session/session.js";
import type { TensorMap } from "../weights/safetensors.js";
import type { EncodedConditions } from "./model-inputs.js";

export type EncodedCaption = NonNullable<EncodedConditions["caption"]>;

export class ClipEncoders {
  private constructor(
    private readonly session: Session,
    private readonly config: ClipConfig,
    private readonly batch: number,
  ) {}

  /** Loads both encoders for rounds of `batch`. Throws CP_WEIGHTS_… where `weights` does not fit `config`. */
  static async open(device: Device, config: ClipConfig, weights: TensorMap, batch = 1): Promise<ClipEncoders> {
    // The logit scale serves training alone.
    const parameters = new Map([...weights].filter(([name]) => name !== "clip.logitScale"));
    const session = await Session.open({ device, programs: encoderGraphs(config, batch), parameters });
    return new ClipEncoders(session, config, batch);
  }

  /** Token ids, `words` each, with the places of their end tokens. */
  async captions(ids: readonly Int32Array[], ends: readonly number[], signal?: AbortSignal): Promise<EncodedCaption[]> {
    const { words, width } = this.config.text;
    const { batch, config, session } = this;
    const encoded: EncodedCaption[] = [];
    for (let first = 0; first < ids.length; first += batch) {
      const round = ids.slice(first, first + batch);
      const rows = new Int32Array(batch * words);
      for (const [row, tokens] of round.entries()) rows.set(tokens, row * words);
      const end = new Int32Array(batch);
      end.set(ends.slice(first, first + batch));
      // Submitted in one go, so that no other caller's run comes between the run and its results.
      const run = session.run("text", { ids: rows, end }, { signal });
      const [, wordRows, sentences] = await Promise.all([
        run,
        session.readState("words"),
        session.readState("sentence"),
      ]);
      for (const row of round.keys()) {
        encoded.push({
          words: wordRows.slice(row * words * width, (row + 1) * words * width) as Float32Array,
          count: end[row] + 1,
          sentence: sentences.slice(row * config.embedding, (row + 1) * config.embedding) as Float32Array,
        });
      }
    }
    return encoded;
  }

  /** Pictures of imageSize × imageSize × 3 bytes to unit vectors. */
  async images(pictures: readonly Uint8Array[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { batch, config, session } = this;
    const length = config.image.imageSize ** 2 * 3;
    const encoded: Float32Array[] = [];
    for (let first = 0; first < pictures.length; first += batch) {
      const round = pictures.slice(first, first + batch);
      const rgb = new Uint8Array(batch * length);
      for (const [row, picture] of round.entries()) rgb.set(picture, row * length);
      const run = session.run("image", { rgb }, { signal });
      const [, rows] = await Promise.all([run, session.readState("embedding")]);
      for (const row of round.keys()) {
        encoded.push(rows.slice(row * config.embedding, (row + 1) * config.embedding) as Float32Array);
      }
    }
    return encoded;
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

/** The programs that `ClipEncoders` runs, for rounds of `batch`. */
export function encoderGraphs(config: ClipConfig, batch: number): Record<"text" | "image", Graph> {
  return { text: textGraph(config, batch), image: imageGraph(config, batch) };
}

function textGraph(config: ClipConfig, batch: number): Graph {
  const graph = new Graph();
  const ids = graph.input("ids", [batch, config.text.words], "i32");
  const { words, sentence } = encodeText(graph, config, { ids, end: graph.input("end", [batch], "i32") });
  store(graph, { value: words, target: graph.state("words", words.shape) });
  store(graph, { value: sentence, target: graph.state("sentence", sentence.shape) });
  return graph;
}

function imageGraph(config: ClipConfig, batch: number): Graph {
  const graph = new Graph();
  const size = config.image.imageSize;
  const image = fromRgb8(graph, { x: graph.input("rgb", [batch, size, size, 3], "u8") });
  const embedding = encodeImage(graph, config, image);
  store(graph, { value: embedding, target: graph.state("embedding", embedding.shape) });
  return graph;
}
