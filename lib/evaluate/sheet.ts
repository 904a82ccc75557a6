/** Labelled contact sheets: rows of pictures with a caption under each, as one PNG. */
import sharp, { type OverlayOptions } from "sharp";
import type { Image } from "../conditions/image.js";

export interface SheetCell {
  readonly image: Image;
  readonly label: string;
}

export interface SheetRow {
  readonly title: string;
  readonly cells: readonly SheetCell[];
}

const cellSize = 160;
const labelHeight = 22;
const titleHeight = 30;
const gap = 10;

/** The sheet as a PNG; small pictures are enlarged without smoothing, so that every pixel can be seen. */
export async function contactSheet(rows: readonly SheetRow[]): Promise<Buffer> {
  const columns = Math.max(1, ...rows.map((row) => row.cells.length));
  const rowHeight = titleHeight + cellSize + labelHeight + gap;
  const width = gap + columns * (cellSize + gap);
  const height = gap + rows.length * rowHeight;
  const pictures: OverlayOptions[] = [];
  const texts: string[] = [];
  for (const [rowIndex, row] of rows.entries()) {
    const top = gap + rowIndex * rowHeight;
    texts.push(text(gap, top + 20, 16, row.title));
    for (const [column, cell] of row.cells.entries()) {
      const left = gap + column * (cellSize + gap);
      const shown = cell.image.toSharp().resize(cellSize, cellSize, { kernel: "nearest", fit: "contain" });
      pictures.push({ input: await shown.png().toBuffer(), left, top: top + titleHeight });
      texts.push(text(left, top + titleHeight + cellSize + 15, 11, fitted(cell.label)));
    }
  }
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${texts.join("")}</svg>`;
  return sharp({ create: { width, height, channels: 3, background: "#ffffff" } })
    .composite([...pictures, { input: Buffer.from(overlay), left: 0, top: 0 }])
    .png()
    .toBuffer();
}

function text(x: number, y: number, size: number, content: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text x="${x}" y="${y}" font-family="DejaVu Sans, Arial, sans-serif" font-size="${size}" fill="#222">${escaped}</text>`;
}

/** A label cut to the width of its cell. */
function fitted(label: string): string {
  const most = 27;
  return label.length > most ? `${label.slice(0, most - 1)}…` : label;
}
