/** Where a node keeps its data. @module */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "./core_flags.ts";
import { defaultDataDir } from "./default_data_dir.ts";
import type { Settings } from "./settings.ts";

/** @throws {UsageError} when a directory that was named is none */
export function chooseDataDir(settings: Settings): string {
  const given = settings.text("datadir") ?? "";
  if (given === "") return defaultDataDir();
  const path = resolve(given);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`Specified data directory "${given}" does not exist.`);
  }
  return path;
}
