/**
 * Random masks to train on, as a pure function of (seed, index): 70 % brush strokes, 20 % rectangles, 10 % one half of
 * the picture. Measures are those of a canvas of 512 × 512, sampled at the centres of the pixels.
 *
 *   strokes     1 to 5, each a chain of 1 to 5 segments, thickness 5 to 105, segments 10 to 210 long
 *   rectangles  1 to 3, sides 30 to 150, at least 10 from the border
 *
 * VideoComposer (arXiv 2306.02018), its mask makers, after LaMa (arXiv 2109.07161).
 */

import { uniformStream } from "../graph/random.js";

const canvas = 512;
const strokeShare = 0.7;
const rectangleShare = 0.2;
/** The stream of the random numbers: "mask". */
const stream = 0x6d61736b;

/** Whether a point of the canvas is covered. */
type Cover = (x: number, y: number) => boolean;
type Draw = () => number;

const integer = (draw: Draw, low: number, high: number): number => low + Math.floor(draw() * (high - low + 1));
const real = (draw: Draw, low: number, high: number): number => low + draw() * (high - low);
const list = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);

/** All points within half the thickness of the segment from (x0, y0) to (x1, y1). */
function segment(x0: number, y0: number, x1: number, y1: number, thickness: number): Cover {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const lengthSquared = dx * dx + dy * dy;
  return (x, y) => {
    const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / lengthSquared));
    const offX = x - x0 - along * dx;
    const offY = y - y0 - along * dy;
    return offX * offX + offY * offY <= (thickness / 2) ** 2;
  };
}

function stroke(draw: Draw): Cover[] {
  const thickness = real(draw, 5, 105);
  let x = real(draw, 0, canvas);
  let y = real(draw, 0, canvas);
  return list(integer(draw, 1, 5), () => {
    const angle = real(draw, 0, 2 * Math.PI);
    const length = real(draw, 10, 210);
    const [x0, y0] = [x, y];
    x = Math.min(canvas, Math.max(0, x + length * Math.cos(angle)));
    y = Math.min(canvas, Math.max(0, y + length * Math.sin(angle)));
    return segment(x0, y0, x, y, thickness);
  });
}

function rectangle(draw: Draw): Cover {
  const margin = 10;
  const width = real(draw, 30, 150);
  const height = real(draw, 30, 150);
  const left = real(draw, margin, canvas - margin - width);
  const top = real(draw, margin, canvas - margin - height);
  return (x, y) => x >= left && x < left + width && y >= top && y < top + height;
}

function half(draw: Draw): Cover {
  const middle = canvas / 2;
  const halves: Cover[] = [(x) => x < middle, (x) => x >= middle, (_, y) => y < middle, (_, y) => y >= middle];
  return halves[integer(draw, 0, 3)];
}

/** A mask of size × size: 1 where the pixel is kept, 0 where it is covered. `seed` and `index` in 0…2⁵³−1. */
export function randomMask(size: number, seed: number, index = 0): Uint8Array {
  const draw = uniformStream(seed, stream, index);
  const kind = draw();
  let covers: Cover[];
  if (kind < strokeShare) {
    covers = list(integer(draw, 1, 5), () => stroke(draw)).flat();
  } else if (kind < strokeShare + rectangleShare) {
    covers = list(integer(draw, 1, 3), () => rectangle(draw));
  } else {
    covers = [half(draw)];
  }
  const step = canvas / size;
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const x = ((i % size) + 0.5) * step;
    const y = (Math.floor(i / size) + 0.5) * step;
    return covers.some((covered) => covered(x, y)) ? 0 : 1;
  });
}
