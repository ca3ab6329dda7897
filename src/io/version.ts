import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json, above the compiled program. */
export function packageRoot(folder: string = import.meta.dirname): string {
  return existsSync(join(folder, "package.json")) ? folder : packageRoot(dirname(folder));
}

/** As package.json has it. */
export const VERSION: string = (
  JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }
).version;

export const CLIENT_NAME = "tidings";

/** Where whoever finds a mistake of ours can tell. */
export const BUG_REPORTS = "the issue tracker of Tidings";

/** `/tidings:0.1.0(comment; comment)/` (BIP14) */
export function userAgent(comments: readonly string[]): string {
  return `/${CLIENT_NAME}:${VERSION}${comments.length === 0 ? "" : `(${comments.join("; ")})`}/`;
}
