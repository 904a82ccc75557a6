/** What the nets see in pictures: one place for those that take pictures apart and those that measure them. */
import type { ClipEncoders } from "../conditions/encoders.js";
import type { Image } from "../conditions/image.js";
import type { Perception, Sight } from "../conditions/perception.js";

/** The nets that seeing may need, opened when it does. */
export interface Observers {
  encoders(): Promise<ClipEncoders>;
  perception(): Promise<Perception>;
}

/** For each picture its embedding and its sight, where they were asked for; else empty lists. */
export interface Observed {
  readonly semantics: readonly Float32Array[];
  readonly sights: readonly Sight[];
}

/** Looks at `images`, which have the nets' size, with both nets at once. */
export async function observe(
  images: readonly Image[],
  asked: { readonly semantics: boolean; readonly sights: boolean },
  observers: Observers,
  signal: AbortSignal,
): Promise<Observed> {
  const pixels = images.map(({ data }) => data);
  const embedded = async () => (asked.semantics ? (await observers.encoders()).images(pixels, signal) : []);
  const seen = async () => (asked.sights ? (await observers.perception()).look(pixels, signal) : []);
  const [semantics, sights] = await Promise.all([embedded(), seen()]);
  return { semantics, sights };
}
