/**
 * What an evaluation asks for: held-out scenes, each with all eight representations.
 *
 * True by construction are depth, instances and the caption, which tells every attribute; palette, sketch and intensity
 * are extracted from the render, the masking's mask is a random one, semantics are clip-mini's.
 */
import type { ClipEncoders } from "../conditions/encoders.js";
import { Image } from "../conditions/image.js";
import { intensityOf } from "../conditions/intensity.js";
import { maskingOf } from "../conditions/masking.js";
import { Palette } from "../conditions/palette.js";
import type { Parts } from "../conditions/parts.js";
import { randomMask } from "../conditions/random-mask.js";
import { sketchOf } from "../conditions/sketch.js";
import { type Scene, type Split, sceneAt } from "../data/scene.js";
import { captionOf, fullCaption } from "../data/scene-grammar.js";
import type { Scenes } from "../data/scenes.js";

/** A render and everything that can be asked of a picture like it. */
export interface Case {
  readonly image: Image;
  readonly parts: Readonly<Required<Parts>>;
}

export interface Cases {
  /** Held-out scenes with any number of objects. */
  readonly scenes: readonly Case[];
  /** Fresh scenes with one object of any combination, those held out among them, for captions that a judge can check. */
  readonly singles: readonly Case[];
}

export interface CaseOptions {
  /** How many of each. */
  readonly count: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly seed: number;
}

const rendersAtOnce = 64;

/** The first held-out scenes of `seed`, and its first fresh ones with one object. A pure function of the options. */
export async function casesOf(
  scenes: Scenes,
  encoders: Pick<ClipEncoders, "images">,
  { count, size, seed }: CaseOptions,
  signal?: AbortSignal,
): Promise<Cases> {
  const described = async (chosen: readonly Scene[]) => {
    const images = await renderedImages(scenes, chosen, size);
    const semantics = await encoders.images(
      images.map(({ image }) => image.data),
      signal,
    );
    return images.map(({ image, instances, depth }, index): Case => {
      const scene = chosen[index];
      const objects = scene.objects.map(({ shape, colour, size, material }) => ({ shape, colour, size, material }));
      const square = { width: size, height: size };
      const parts = {
        caption: captionOf(scene, fullCaption),
        semantics: semantics[index],
        palette: Palette.fromImage(image),
        sketch: sketchOf(image),
        instances: { ...square, map: instances, objects },
        depth: { ...square, data: depth },
        intensity: intensityOf(image),
        masking: maskingOf(image, randomMask(size, seed, index)),
      };
      return { image, parts };
    });
  };
  return {
    scenes: await described(firstScenes(seed, count, "held-out", () => true)),
    singles: await described(firstScenes(seed, count, "fresh", ({ objects }) => objects.length === 1)),
  };
}

/** Held-out scenes whose full captions all differ, `count` of them from number `first` on, and where to go on. */
export async function captionedImages(
  scenes: Scenes,
  { count, size, seed, first }: CaseOptions & { readonly first: number },
): Promise<{ readonly images: readonly Image[]; readonly captions: readonly string[]; readonly next: number }> {
  const chosen = new Map<string, Scene>();
  let next = first;
  while (chosen.size < count) {
    const scene = sceneAt(seed, next++, "held-out");
    const caption = captionOf(scene, fullCaption);
    if (!chosen.has(caption)) chosen.set(caption, scene);
  }
  const rendered = await renderedImages(scenes, [...chosen.values()], size);
  return { images: rendered.map(({ image }) => image), captions: [...chosen.keys()], next };
}

function firstScenes(seed: number, count: number, split: Split, accepts: (scene: Scene) => boolean): Scene[] {
  const chosen: Scene[] = [];
  for (let index = 0; chosen.length < count; index++) {
    const scene = sceneAt(seed, index, split);
    if (accepts(scene)) chosen.push(scene);
  }
  return chosen;
}

async function renderedImages(scenes: Scenes, chosen: readonly Scene[], size: number) {
  const pixels = size * size;
  const images: { readonly image: Image; readonly instances: Uint8Array; readonly depth: Float32Array }[] = [];
  for (let begin = 0; begin < chosen.length; begin += rendersAtOnce) {
    const round = chosen.slice(begin, begin + rendersAtOnce);
    const { rgb, instances, depth } = await scenes.render(round, size);
    for (const row of round.keys()) {
      images.push({
        image: new Image(size, size, rgb.slice(3 * row * pixels, 3 * (row + 1) * pixels)),
        instances: instances.slice(row * pixels, (row + 1) * pixels),
        depth: depth.slice(row * pixels, (row + 1) * pixels),
      });
    }
  }
  return images;
}
