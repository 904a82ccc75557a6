/** The five ways in which `npm start` puts a picture together again. */
import type { ComposeOptions } from "../composer/options.js";
import { colours } from "../conditions/attributes.js";
import type { Image } from "../conditions/image.js";
import type { Instances } from "../conditions/instances.js";
import { maskingFromRectangles, type Rectangle } from "../conditions/masking.js";
import { Palette } from "../conditions/palette.js";
import type { Parts } from "../conditions/parts.js";

export interface Recomposition {
  readonly name: string;
  /** What is done, for a person. */
  readonly title: string;
  readonly parts: Parts;
  readonly options: ComposeOptions;
}

const foreignCaption = "a large red metal sphere left of a small blue rubber cube on a grassy ground";

/** Ways of putting `image`, which has `parts`, together again. */
export function recompositionsOf(image: Image, parts: Parts): Recomposition[] {
  const { caption, palette, sketch, instances, depth, intensity } = parts;
  const colour = turnedPalette(palette!);
  const words = otherCaption(caption);
  const rectangle = regionOf(image, instances);
  const { left, top, width, height } = rectangle;
  return [
    { name: "everything", title: "Everything kept", parts, options: {} },
    {
      name: "palette",
      title: "Another palette: shapes and light kept, colours turned",
      parts: { palette: colour, sketch, instances, depth, intensity },
      options: {},
    },
    {
      name: "caption",
      title: `Another caption: "${words}"`,
      // Words about objects that are not in the picture would contradict where things are.
      parts: caption === undefined ? { caption: words, palette } : { caption: words, sketch, instances, depth },
      options: { guidance: 3 },
    },
    {
      name: "repaint",
      title: `One region repainted: ${width} × ${height} pixels at ${left}, ${top}`,
      parts: { palette, masking: maskingFromRectangles(image, [rectangle]) },
      options: {},
    },
    { name: "sketch", title: "Sketch only, four seeds", parts: { sketch }, options: { count: 4 } },
  ];
}

/** Every colour turned by a third of the colour circle: red becomes green, green blue, blue red. */
function turnedPalette(palette: Palette): Palette {
  return Palette.fromColors(
    palette.swatches().map(({ hex, share }) => {
      return { hex: `#${hex.slice(5, 7)}${hex.slice(1, 3)}${hex.slice(3, 5)}`, weight: share };
    }),
    palette.codebook.numLight,
  );
}

/** The caption with every colour exchanged for the next one of the list. */
function otherCaption(caption: string | undefined): string {
  if (caption === undefined) return foreignCaption;
  const next = new Map<string, string>(colours.map((colour, index) => [colour, colours[(index + 1) % colours.length]]));
  const words = caption.split(" ").map((word) => next.get(word) ?? word);
  return words.join(" ") === caption ? foreignCaption : words.join(" ");
}

/** Where the largest object is, with a margin; the middle of the picture where there is none. */
function regionOf({ width: side }: Image, instances: Instances | undefined): Rectangle {
  const quarter = Math.floor(side / 4);
  const middle = { left: quarter, top: quarter, width: side - 2 * quarter, height: side - 2 * quarter };
  if (!instances || instances.objects.length === 0) return middle;
  const areas = new Uint32Array(instances.objects.length + 1);
  for (const index of instances.map) areas[index]++;
  areas[0] = 0;
  const largest = areas.indexOf(Math.max(...areas));
  const places = Array.from(instances.map.keys()).filter((i) => instances.map[i] === largest);
  if (places.length === 0) return middle;
  const [xs, ys] = [places.map((i) => i % side), places.map((i) => Math.floor(i / side))];
  const margin = 2;
  const left = Math.max(0, Math.min(...xs) - margin);
  const top = Math.max(0, Math.min(...ys) - margin);
  const right = Math.min(side - 1, Math.max(...xs) + margin);
  const bottom = Math.min(side - 1, Math.max(...ys) + margin);
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
