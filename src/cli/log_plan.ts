/** What a node logs, and where. @module */
import { isAbsolute, join } from "node:path";
import { LOG_CATEGORIES } from "../base/logger.ts";
import { UsageError } from "./core_flags.ts";
import type { Settings } from "./settings.ts";

export interface LogPlan {
  /** `undefined` for no file. */
  readonly path: string | undefined;
  readonly categories: readonly string[];
  readonly isTracing: boolean;
  readonly toConsole: boolean;
  readonly timeMicros: boolean;
  readonly threadNames: boolean;
  readonly isRateLimited: boolean;
}

/** @throws {UsageError} for categories and levels that are none */
export function planLog(settings: Settings, networkDir: string): LogPlan {
  const file = settings.value("debuglogfile");
  const name = typeof file === "string" && file !== "" ? file : "debug.log";
  return {
    path: file === false ? undefined : isAbsolute(name) ? name : join(networkDir, name),
    categories: readCategories(settings),
    isTracing: settings.list("loglevel").some((level) => level === "trace" || readLevel(level) === "trace"),
    toConsole: settings.flag("printtoconsole", true),
    timeMicros: settings.flag("logtimemicros"),
    threadNames: settings.flag("logthreadnames"),
    isRateLimited: settings.flag("logratelimit", true),
  };
}

const LEVELS: ReadonlySet<string> = new Set(["info", "debug", "trace"]);

function readLevel(text: string): string {
  const [first = "", second] = text.split(":");
  const level = second ?? first;
  if (!LEVELS.has(level)) {
    throw new UsageError(second === undefined
      ? `Unsupported global logging level -loglevel=${text}. Valid values: info, debug, trace.`
      : `Unsupported category-specific logging level -loglevel=${text}. Expected ` +
        `-loglevel=<category>:<loglevel>.`);
  }
  return level;
}

function readCategories(settings: Settings): readonly string[] {
  const given = settings.list("debug");
  const start = Math.max(given.lastIndexOf("0"), given.lastIndexOf("none")) + 1;
  const categories = new Set(given.slice(start).flatMap((name) => namedCategories("debug", name)));
  for (const name of settings.list("debugexclude").flatMap((each) => namedCategories("debugexclude", each))) {
    categories.delete(name);
  }
  return [...categories];
}

function namedCategories(option: string, name: string): readonly string[] {
  if (name === "" || name === "1" || name === "all") return LOG_CATEGORIES;
  if ((LOG_CATEGORIES as readonly string[]).includes(name)) return [name];
  throw new UsageError(`Unsupported logging category -${option}=${name}.`);
}
