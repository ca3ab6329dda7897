import { existsSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../io/version.ts";
import { UsageError } from "./core_flags.ts";

/**
 * Where the devnet of this name registers itself. In a clone it is the clone's own, so that clones do
 * not see each other's.
 *
 * @throws {UsageError} when `name` is none
 */
export function devnetHome(name = "default"): string {
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) {
    throw new UsageError(`--name is ${JSON.stringify(name)}, need lower-case letters, digits and hyphens`);
  }
  const root = packageRoot();
  if (existsSync(join(root, "src"))) return join(root, ".devnet", name);
  return join(tmpdir(), `tidings-devnet-${userInfo().username}`, name);
}
