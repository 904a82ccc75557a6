/** The loss curve as an SVG: steps along x, loss on a logarithmic y axis, every step faint and a running mean on top. */

const width = 800;
const height = 400;
const margin = 48;

/** `losses[i]` is the loss of step `first + i`; all finite and positive. */
export function lossPlot(title: string, losses: readonly number[], first = 0): string {
  const logs = losses.map((loss) => Math.log10(Math.max(loss, 1e-12)));
  const low = Math.floor(Math.min(...extremes(logs)) * 5) / 5;
  const high = Math.max(Math.ceil(Math.max(...extremes(logs)) * 5) / 5, low + 0.2);
  const x = (index: number) => margin + ((width - 2 * margin) * index) / Math.max(1, losses.length - 1);
  const y = (log: number) => margin + ((height - 2 * margin) * (high - log)) / (high - low);
  const polyline = (points: readonly (readonly [number, number])[], style: string) =>
    `<polyline fill="none" ${style} points="${points.map(([i, log]) => `${x(i).toFixed(1)},${y(log).toFixed(1)}`).join(" ")}"/>`;
  const ticks = [low, (low + high) / 2, high].map(
    (log) =>
      `<text x="${margin - 6}" y="${y(log) + 4}" text-anchor="end">${(10 ** log).toPrecision(3)}</text>` +
      `<line x1="${margin}" x2="${width - margin}" y1="${y(log)}" y2="${y(log)}" stroke="#ddd"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${margin}" y="${margin / 2}" font-size="14">${escapeXml(title)}</text>`,
    ...ticks,
    `<text x="${margin}" y="${height - margin / 3}">step ${first}</text>`,
    `<text x="${width - margin}" y="${height - margin / 3}" text-anchor="end">${first + losses.length - 1}</text>`,
    polyline(thinned(logs), 'stroke="#9bbbe0" stroke-width="0.7"'),
    polyline(thinned(runningMean(losses).map(Math.log10)), 'stroke="#1f4e8c" stroke-width="1.8"'),
    "</svg>",
    "",
  ].join("\n");
}

/** Smallest and largest, without spreading a long array into arguments. */
function extremes(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

/** At most about a thousand (index, value) points. */
function thinned(values: readonly number[]): [number, number][] {
  const stride = Math.ceil(values.length / 1000);
  return values.map((value, index): [number, number] => [index, value]).filter(([index]) => index % stride === 0);
}

function runningMean(values: readonly number[], window = 100): number[] {
  let sum = 0;
  return values.map((value, index) => {
    sum += value - (index >= window ? values[index - window] : 0);
    return sum / Math.min(index + 1, window);
  });
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
