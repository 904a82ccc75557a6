/** How well the instruments themselves do on true renders: what a perfect generator would be measured to have. */
import type { ConditionName, Metrics } from "../conditions/condition.js";
import type { Image } from "../conditions/image.js";
import type { Scenes } from "../data/scenes.js";
import { endId, tokenize } from "../data/vocabulary.js";
import type { Case, Cases } from "./cases.js";
import { captionedImages } from "./cases.js";
import { attributeAccuracy, type Instruments, metricsOf, observe } from "./measure.js";
import type { Row } from "./report.js";
import { meanOf } from "./statistics.js";

/** Captions that an image's own is to be found among, and how often that is tried with other images. */
const poolSize = 64;
const pools = 4;

/** The judge on the cases' own renders: how near its depth, instances and attributes are to the truth. */
export async function judgeRow(cases: Cases, instruments: Instruments, signal?: AbortSignal): Promise<Row> {
  const measured = async (list: readonly Case[], names: readonly ConditionName[]) => {
    const images = list.map(({ image }) => image);
    const observations = await observe(images, names, instruments, signal);
    const metrics: Metrics[] = [];
    for (const [i, seen] of observations.entries()) metrics.push(await metricsOf(seen, list[i], names));
    return { metrics, sights: observations.map(({ sight }) => sight!) };
  };
  const { metrics: ofScenes, sights } = await measured(cases.scenes, ["instances", "depth"]);
  const { metrics: ofSingles } = await measured(cases.singles, ["caption"]);
  const attributes = sights.map(({ instances }, i) => attributeAccuracy(cases.scenes[i].parts.instances, instances));
  const metrics = {
    instancesMiou: meanOf(ofScenes.map(({ instancesMiou }) => instancesMiou!)),
    depthRmse: meanOf(ofScenes.map(({ depthRmse }) => depthRmse!)),
    attributeAccuracy: meanOf(attributes),
    captionAccuracy: meanOf(ofSingles.map(({ captionAccuracy }) => captionAccuracy!)),
  };
  return { name: "judge", conditions: [], metrics, baseline: {}, comparisons: {} };
}

/** clip-mini's retrieval at 1 of an image's caption among 64 that all differ, over four times 64 held-out scenes. */
export async function clipRow(
  scenes: Scenes,
  { encoders }: Pick<Instruments, "encoders">,
  { size, seed, signal }: { readonly size: number; readonly seed: number; readonly signal?: AbortSignal },
): Promise<Row> {
  const found: number[] = [];
  let first = 0;
  for (let pool = 0; pool < pools; pool++) {
    const { images, captions, next } = await captionedImages(scenes, { count: poolSize, size, seed, first });
    found.push(retrievalAt1(await embeddings(encoders, images, signal), await sentences(encoders, captions, signal)));
    first = next;
  }
  const metrics = { retrievalAt1: meanOf(found) };
  return { name: "clip", conditions: [], metrics, baseline: {}, comparisons: {} };
}

function embeddings(encoders: Instruments["encoders"], images: readonly Image[], signal?: AbortSignal) {
  return encoders.images(
    images.map(({ data }) => data),
    signal,
  );
}

async function sentences(encoders: Instruments["encoders"], captions: readonly string[], signal?: AbortSignal) {
  const ids = captions.map((caption) => tokenize(caption));
  const ends = ids.map((tokens) => tokens.indexOf(endId));
  return (await encoders.captions(ids, ends, signal)).map(({ sentence }) => sentence);
}

/**
 * The share of images i, 0…1, whose nearest sentence by the inner product is sentence i; a tie is not found. All vectors
 * have the same length.
 */
export function retrievalAt1(images: readonly Float32Array[], captions: readonly Float32Array[]): number {
  const found = images.filter((image, i) => {
    const scores = captions.map((caption) => caption.reduce((sum, value, k) => sum + value * image[k], 0));
    return scores.every((score, k) => k === i || score < scores[i]);
  });
  return found.length / images.length;
}
