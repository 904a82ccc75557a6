/**
 * Rendered scenes with their ground truth, in any order and on no thread of the caller's: sample `index` of `seed` is the
 * same whatever batch it is asked in.
 */
import { CounterpointError, quoted } from "../graph/error.js";
import { loadAddon, type NativeSceneRenderer } from "../machine/addon.js";
import type { Attributes } from "./attributes.js";
import { Draws, wordsOf } from "./draws.js";
import { type Scene, type Split, sceneAt } from "./scene.js";
import { captionOf, fullCaption } from "./scene-grammar.js";
import { packedSceneLength, packScene } from "./scene-pack.js";
import { tokenize } from "./vocabulary.js";

/** What the native renderer gives for a batch: rows from the top, one picture after the other. */
export interface RenderedScenes {
  /** count × size × size × 3. */
  readonly rgb: Uint8Array;
  /** count × size × size: 0 ground and sky, i + 1 object i. */
  readonly instances: Uint8Array;
  /** count × size × size: min(1, nearDepth / distance along the camera's axis), the sky 0. */
  readonly depth: Float32Array;
}

/** A picture and everything that is true of it. The arrays of one batch share memory. */
export interface SceneSample {
  readonly scene: Scene;
  /** Side of the square picture in pixels. */
  readonly size: number;
  /** size × size × 3, row by row. */
  readonly rgb: Uint8Array;
  /** size × size: 0 ground and sky, i + 1 object i; exact at pixel centres. */
  readonly instances: Uint8Array;
  /** Attributes of instance i + 1. */
  readonly classes: readonly Attributes[];
  /** size × size: normalised inverse depth, 0 (sky) … 1 (near); exact at pixel centres. */
  readonly depth: Float32Array;
  readonly caption: string;
  /** The caption's 32 token ids. */
  readonly tokens: Int32Array;
}

const captionVariants = 4096;

/** The style of telling that a sample's caption has, drawn from its number alone. */
function variantOf(seed: number | bigint, index: number): number {
  const draws = new Draws(...wordsOf(seed, "seed"), ...wordsOf(index, "index"), 2);
  return Math.floor(draws.unit() * captionVariants);
}

/** A source of procedural scenes. Several may live side by side; each has a thread of its own. */
export class Scenes {
  readonly #renderer: NativeSceneRenderer;

  private constructor(renderer: NativeSceneRenderer) {
    this.#renderer = renderer;
  }

  /** Starts the rendering thread. Throws CP_OOM_HOST where there is none to be had. */
  static open(): Scenes {
    return new Scenes(wrapped(() => new (loadAddon().SceneRenderer)()));
  }

  /**
   * Samples `firstIndex` … `firstIndex + count - 1` of a seed, `size` pixels a side (1 … 1024, default 64). Rejects with
   * CP_ARG_RANGE for numbers out of range (in all at most 2^26 pixels), CP_CLOSED after `close`.
   */
  async batch(
    seed: number | bigint,
    firstIndex: number,
    count: number,
    size = 64,
    split: Split = "train",
  ): Promise<SceneSample[]> {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new CounterpointError("CP_ARG_RANGE", `count must be a whole number of at least 1, got ${quoted(count)}`, {
        details: { option: "count", got: String(count) },
      });
    }
    return this.mixed(seed, firstIndex, new Array<Split>(count).fill(split), size);
  }

  /** As `batch`, each sample of a split of its own: number `firstIndex + i` is of `splits[i]`. */
  async mixed(
    seed: number | bigint,
    firstIndex: number,
    splits: readonly Split[],
    size: number,
  ): Promise<SceneSample[]> {
    const scenes = splits.map((split, offset) => sceneAt(seed, firstIndex + offset, split));
    const { rgb, instances, depth } = await this.render(scenes, size);
    const pixels = size * size;
    return scenes.map((scene, offset) => {
      // A single object is told in full: a lesson in every word.
      const variant = splits[offset] === "single" ? fullCaption : variantOf(seed, firstIndex + offset);
      const caption = captionOf(scene, variant);
      return {
        scene,
        size,
        rgb: rgb.subarray(3 * offset * pixels, 3 * (offset + 1) * pixels),
        instances: instances.subarray(offset * pixels, (offset + 1) * pixels),
        classes: scene.objects.map(({ shape, colour, size, material }) => ({ shape, colour, size, material })),
        depth: depth.subarray(offset * pixels, (offset + 1) * pixels),
        caption,
        tokens: tokenize(caption),
      };
    });
  }

  /** Renders scenes of the caller's own making. Errors as for `batch`. */
  async render(scenes: readonly Scene[], size = 64): Promise<RenderedScenes> {
    const packed = new Float32Array(scenes.length * packedSceneLength);
    scenes.forEach((scene, place) => {
      packed.set(packScene(scene), place * packedSceneLength);
    });
    try {
      return await this.#renderer.render(packed, scenes.length, size);
    } catch (cause) {
      throw typed(cause);
    }
  }

  /** Ends the thread; what is not rendered yet rejects with CP_CLOSED. Idempotent. */
  close(): void {
    this.#renderer.close();
  }
}

function wrapped<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw typed(cause);
  }
}

/** The addon's error as Counterpoint's own; its codes are the same. */
function typed(cause: unknown): unknown {
  if (cause instanceof CounterpointError || !(cause instanceof Error)) return cause;
  const code = (cause as NodeJS.ErrnoException).code;
  return code?.startsWith("CP_") ? new CounterpointError(code, cause.message, { cause }) : cause;
}
