/** The record as a picture: for every case, how many times as long as ours each peer takes. */
import { init } from "echarts";
import { type Report, ratiosOf, titleOf } from "./report.js";
import { shareOfPeak } from "./timing.js";

/** An SVG; 1 is this engine. Without peers, the share of the peak instead. */
export function chartOf(report: Report): string {
  const { cases } = report;
  const names = [...new Set(cases.flatMap((record) => Object.keys(ratiosOf(record))))];
  const share = ({ flops, contenders, peakGflops }: (typeof cases)[number]) => {
    return shareOfPeak(flops, contenders.counterpoint.medianMs, peakGflops);
  };
  const rounded = (value: number | undefined) => (value === undefined ? null : Math.round(100 * value) / 100);
  const series =
    names.length > 0
      ? names.map((name) => ({ name, data: cases.map((record) => rounded(ratiosOf(record)[name])) }))
      : [{ name: "share of peak", data: cases.map((record) => rounded(share(record))) }];
  const height = 120 + cases.length * (16 + 14 * series.length);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 960, height });
  chart.setOption({
    animation: false,
    title: {
      text: names.length > 0 ? "Time of peers ÷ time of Counterpoint" : "Direct operations ÷ peak",
      subtext: titleOf(report),
    },
    legend: { top: 48, show: names.length > 0 },
    grid: { left: 320, right: 48, top: 84, bottom: 32 },
    xAxis: { type: "value" },
    yAxis: { type: "category", inverse: true, data: cases.map(({ name }) => name) },
    series: series.map(({ name, data }) => ({
      name,
      data,
      type: "bar",
      label: { show: true, position: "right" },
      markLine: { symbol: "none", silent: true, label: { show: false }, data: [{ xAxis: 1 }] },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
