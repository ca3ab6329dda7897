/**
 * One line of a log, and how it is written.
 *
 * @module
 */
import type { LogCategory, LogLevel } from "../base/logger.ts";

export interface LogEntry {
  /** Microseconds since 1970, of real time. */
  readonly time: number;
  /** Unix seconds, while the mock clock is set. */
  readonly mockTime: number | undefined;
  readonly level: LogLevel;
  readonly category: LogCategory | undefined;
  readonly text: string;
}

export interface CoreLineOptions {
  /** `-logtimemicros` */
  readonly timeMicros: boolean;
  /** `-logthreadnames`; there is one thread that logs. */
  readonly threadNames: boolean;
}

/** As Bitcoin Core's debug.log has it (logging.cpp, `Logger::Format`), with the newline. */
export function coreLine(entry: LogEntry, { timeMicros, threadNames }: CoreLineOptions): string {
  const mocked = entry.mockTime === undefined ? "" : `(mocktime: ${isoSeconds(entry.mockTime)}Z) `;
  const thread = threadNames ? "[main] " : "";
  const prefix = `${isoTime(entry.time, timeMicros)}Z ${mocked}${thread}${levelPrefix(entry)}`;
  const text = prefix + escapeControls(entry.text);
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** For a person at a terminal: time of day, what it is about, text. */
export function terminalLine({ time, level, category, text }: LogEntry): string {
  const clock = new Date(time / 1000).toTimeString().slice(0, 8);
  const subject = level === "warning" || level === "error" ? level : (category ?? "");
  return `${clock}  ${subject.padEnd(subject === "" ? 0 : 10)}${escapeControls(text)}`;
}

/** A category implies debug, no category implies info: what is implied is left out. */
function levelPrefix({ level, category }: LogEntry): string {
  if (category === undefined) return level === "info" ? "" : `[${level}] `;
  return level === "debug" ? `[${category}] ` : `[${category}:${level}] `;
}

function isoTime(micros: number, withMicros: boolean): string {
  const seconds = Math.floor(micros / 1e6);
  const text = isoSeconds(seconds);
  return withMicros ? `${text}.${String(Math.floor(micros - seconds * 1e6)).padStart(6, "0")}` : text;
}

/** The longest year that the form has: a mock time may be anything. */
const ISO_SECONDS_MAX = Date.UTC(9999, 11, 31) / 1000;

function isoSeconds(seconds: number): string {
  return new Date(Math.min(seconds, ISO_SECONDS_MAX) * 1000).toISOString().slice(0, 19);
}

/** So that no peer's text moves the cursor of whoever reads the log. Written as in C: `\x1b`. */
function escapeControls(text: string): string {
  return text.replaceAll(CONTROLS, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f]/g;
