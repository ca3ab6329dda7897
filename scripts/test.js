/**
 * `npm test [-- PATH…]`: builds what is out of date, then runs every test, or those whose path
 * contains one of the words given.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./ensure_built.js";

const root = join(import.meta.dirname, "..");
ensureBuilt();

const words = process.argv.slice(2);
const files = ["src", "test"]
  .flatMap((folder) => readdirSync(join(root, "dist", folder), { recursive: true, encoding: "utf8" })
    .map((name) => join("dist", folder, name)))
  .filter((name) => name.endsWith(".test.js"))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`No test file has ${words.join(" or ")} in its path\n`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=dot", ...files], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
