/**
 * Where the library's nodes log to: nowhere, a function, or standard error.
 *
 * @module
 */
import { type Logger, type LogLevel, silentLogger } from "../base/logger.ts";

export interface LogRecord {
  /** Unix seconds with fractions. */
  readonly time: number;
  readonly level: LogLevel;
  /** Bitcoin Core's name for it, such as `net`; `undefined` for what no category switches off. */
  readonly category: string | undefined;
  readonly text: string;
}

/** `true` writes what is no debugging to standard error. */
export type LogOption = boolean | ((record: LogRecord) => void);

/** `categories`: of which the debugging is wanted too. */
export function makeLogger(log: LogOption | undefined, categories: readonly string[]): Logger {
  if (log === undefined || log === false) return silentLogger;
  const write = log === true ? writeLine : log;
  const enabled = new Set(categories);
  const put = (level: LogLevel, category: string | undefined, text: string): void => {
    write({ time: Date.now() / 1000, level, category, text });
  };
  return {
    info: (text) => put("info", undefined, text),
    warning: (text) => put("warning", undefined, text),
    error: (text) => put("error", undefined, text),
    debug(category, text) {
      if (enabled.has(category)) put("debug", category, text());
    },
    trace() {},
  };
}

function writeLine({ time, level, category, text }: LogRecord): void {
  const moment = new Date(time * 1000).toISOString();
  process.stderr.write(`${moment} [${category ?? level}] ${text}\n`);
}
