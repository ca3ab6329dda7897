/** Where a node keeps its data. @module */
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "./core_flags.ts";
import type { Settings } from "./settings.ts";

/** Where data goes when nobody says: as the platform has it. */
export function defaultDataDir(): string {
  const home = homedir();
  if (process.platform === "darwin") return join(home, "Library", "Application Support", "Tidings");
  if (process.platform === "win32") {
    return join(process.env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "Tidings");
  }
  return join(process.env["XDG_DATA_HOME"] || join(home, ".local", "share"), "tidings");
}

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
