import { pino } from "pino";
import type { Logger } from "../../base/index.ts";
import { redact } from "./redact.ts";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Makes the loggers of the node: one JSON object a line, `{ time, level, module, msg, ...data }`, redacted. A module
 * that is not named in `modules` logs at `level`.
 */
export function createLogging(options: {
  readonly level: LogLevel;
  readonly modules?: Readonly<Record<string, LogLevel>>;
  /** Standard output by default. */
  readonly destination?: { write(line: string): void };
}): (module: string) => Logger {
  const { level, modules = {}, destination } = options;
  const root = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Synchronous, because the line before the process stops is the one that is wanted.
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return (module) => {
    const child = root.child({ module }, { level: modules[module] ?? level });
    const log =
      (at: Exclude<LogLevel, "silent">) =>
      (phrase: string, data?: Record<string, unknown>): void => {
        // Asked first, because preparing what nobody reads would cost the hot path.
        if (child.isLevelEnabled(at)) child[at](data === undefined ? {} : redact(data), phrase);
      };
    return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  };
}
