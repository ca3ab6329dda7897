import { homedir } from "node:os";
import { join } from "node:path";

/** Where data goes when nobody says: as the platform has it. */
export function defaultDataDir(): string {
  const home = homedir();
  if (process.platform === "darwin") return join(home, "Library", "Application Support", "Tidings");
  if (process.platform === "win32") {
    return join(process.env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "Tidings");
  }
  return join(process.env["XDG_DATA_HOME"] || join(home, ".local", "share"), "tidings");
}
