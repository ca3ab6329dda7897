/**
 * Where a node's log goes: `debug.log`, and whoever else wants the entries.
 *
 * @module
 */
import * as fs from "node:fs";
import { LOG_CATEGORIES, type LogCategory, type Logger, type LogLevel } from "../base/logger.ts";
import { FILE_MODE } from "./file_modes.ts";
import { coreLine, type CoreLineOptions, type LogEntry } from "./log_entry.ts";
import { LogRateLimit, RATE_WINDOW_MS, SITE_BYTES_MAX, siteOf } from "./log_rate_limit.ts";

export interface DebugLogOptions extends CoreLineOptions {
  /** Path of the file; `undefined` for none. It is appended to, and only its owner may read it. */
  readonly path: string | undefined;
  /** Gets every entry as well, whether or not the file's rate limit drops it. */
  readonly print: ((entry: LogEntry) => void) | undefined;
  /** Categories that are on at the start; `all` for every one. */
  readonly categories: readonly string[];
  /** Whether categories that are on also write their traces (`-loglevel=trace`). */
  readonly isTracing: boolean;
  /** `-nologratelimit` sets it to false. */
  readonly isRateLimited: boolean;
}

export const QUIET_LOG: DebugLogOptions = {
  path: undefined,
  print: undefined,
  categories: [],
  isTracing: false,
  isRateLimited: true,
  timeMicros: false,
  threadNames: false,
};

/** The names of `categories`; `1` and an empty name mean all, as in Bitcoin Core. */
export function parseLogCategory(name: string): readonly LogCategory[] | undefined {
  if (name === "all" || name === "1" || name === "") return LOG_CATEGORIES;
  const found = LOG_CATEGORIES.find((category) => category === name);
  return found === undefined ? undefined : [found];
}

/**
 * A line is in the file when the call that wrote it returns, so that whoever sees what the node did
 * next also finds the line.
 */
export class DebugLog implements Logger {
  readonly path: string;
  /** Tells the mock time in Unix seconds, while one is set. Put in once the node is there. */
  mockTime: () => number | undefined = () => undefined;
  readonly #options: DebugLogOptions;
  readonly #enabled = new Set<string>();
  readonly #limit = new LogRateLimit();
  #descriptor: number | undefined;
  #isSuppressing = false;
  /** What lies between the monotonic clock and the wall clock, in milliseconds. */
  #clockOffset = Number.NaN;

  /** @throws {Error} when the file cannot be opened */
  constructor(options: DebugLogOptions) {
    this.#options = options;
    this.path = options.path ?? "";
    for (const name of options.categories) this.set(name, true);
    this.reopen();
  }

  get enabled(): ReadonlySet<string> {
    return this.#enabled;
  }

  /** Names that are no category are ignored: callers have checked them. */
  set(category: string, on: boolean): void {
    for (const name of parseLogCategory(category) ?? []) {
      if (on) this.#enabled.add(name);
      else this.#enabled.delete(name);
    }
  }

  info(text: string): void {
    this.#writeLimited("info", text);
  }

  warning(text: string): void {
    this.#writeLimited("warning", text);
  }

  error(text: string): void {
    this.#writeLimited("error", text);
  }

  debug(category: LogCategory, text: () => string): void {
    if (this.#enabled.has(category)) this.#write(this.#entry("debug", category, text()));
  }

  trace(category: LogCategory, text: () => string): void {
    if (!this.#options.isTracing || !this.#enabled.has(category)) return;
    this.#write(this.#entry("trace", category, text()));
  }

  /** Opens the file anew, after someone has moved it away (SIGHUP). */
  reopen(): void {
    if (this.#options.path === undefined) return;
    const fresh = fs.openSync(this.#options.path, "a", FILE_MODE);
    this.close();
    this.#descriptor = fresh;
  }

  /** Entries after this go to `print` only. */
  close(): void {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #entry(level: LogLevel, category: LogCategory | undefined, text: string): LogEntry {
    return { time: this.#now(), mockTime: this.mockTime(), level, category, text };
  }

  #write(entry: LogEntry): void {
    this.#options.print?.(entry);
    this.#append(coreLine(entry, this.#options));
  }

  /** Lines that no category switches off are those that a peer could fill the disk with. */
  #writeLimited(level: LogLevel, text: string): void {
    const entry = this.#entry(level, undefined, text);
    this.#options.print?.(entry);
    if (this.#descriptor === undefined) return;
    const line = coreLine(entry, this.#options);
    if (!this.#options.isRateLimited) return this.#append(line);
    this.#startWindow(entry.time / 1000);
    const site = siteOf(level, text);
    const fate = this.#limit.consume(site, line.length);
    if (fate === "last") this.#suppress(site);
    if (fate !== "drop") this.#append(this.#isSuppressing ? `[*] ${line}` : line);
  }

  #startWindow(now: number): void {
    const dropped = this.#limit.nextWindow(now);
    if (dropped === undefined) return;
    this.#isSuppressing = false;
    for (const { site, bytes } of dropped) {
      const window = `the last ${RATE_WINDOW_MS / 1000}s`;
      this.#note(`Restarting logging from "${site}": ${bytes} bytes were dropped during ${window}.`);
    }
  }

  #suppress(site: string): void {
    this.#note(
      `Excessive logging detected from "${site}": >${SITE_BYTES_MAX} bytes logged during the last time ` +
        `window of ${RATE_WINDOW_MS / 1000}s. Suppressing logging to disk from this source location until ` +
        "time window resets. Console logging unaffected. Last log entry.",
    );
    this.#isSuppressing = true;
  }

  #note(text: string): void {
    this.#append(coreLine(this.#entry("warning", undefined, text), this.#options));
  }

  #append(line: string): void {
    if (this.#descriptor === undefined) return;
    try {
      fs.writeSync(this.#descriptor, line);
    } catch {
      // A full disk is found, and said, by whoever writes the node's data: the log has no say in it.
    }
  }

  /** Microseconds since 1970: the wall clock, with the finer steps of the monotonic one. */
  #now(): number {
    const steady = performance.now();
    const wall = Date.now();
    const drift = Math.abs(steady + this.#clockOffset - wall);
    if (!(drift <= CLOCK_DRIFT_MAX_MS)) this.#clockOffset = wall - steady;
    return Math.round((steady + this.#clockOffset) * 1000);
  }
}

/** More means that someone has set the wall clock, or that the machine slept. */
const CLOCK_DRIFT_MAX_MS = 5;
