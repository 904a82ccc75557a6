/** Progress bars on stderr; nothing where stderr is not a terminal, so that logs stay readable. */
import cliProgress from "cli-progress";

export interface Progress {
  update(done: number, fields?: Record<string, string>): void;
  stop(): void;
}

/** A bar of `total` steps; `format` may name the fields given to `update` as `{name}`. */
export function progressBar(total: number, format: string): Progress {
  const bar = new cliProgress.SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: false });
  bar.start(total, 0);
  return {
    update: (done, fields) => bar.update(done, fields),
    stop: () => bar.stop(),
  };
}

/** 83 s as "1:23", 4,000 s as "1:06:40". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
