/**
 * `npm test [-- WORD…] [--tap FILE]`: builds what is out of date, then runs every test, or those
 * whose path contains one of the words; `--tap` also writes the results to a file.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "./ensure_built.js";

const root = join(import.meta.dirname, "..");
ensureBuilt();

const words = process.argv.slice(2);
const reporters = [`--test-reporter=${join(root, "scripts", "test_reporter.js")}`, "--test-reporter-destination=stdout"];
const tapAt = words.indexOf("--tap");
if (tapAt !== -1) {
  const [, file] = words.splice(tapAt, 2);
  reporters.push("--test-reporter=tap", `--test-reporter-destination=${file}`);
}
const files = ["src", "test"]
  .flatMap((folder) =>
    readdirSync(join(root, "dist", folder), { recursive: true, encoding: "utf8" })
      .map((name) => join("dist", folder, name)))
  .filter((name) => name.endsWith(".test.js"))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`No test file has ${words.join(" or ")} in its path\n`);
  process.exit(1);
}
// The runner would leave one processor idle, which of two is half. A test that hangs fails.
const limits = [`--test-concurrency=${availableParallelism()}`, "--test-timeout=170000"];
const { status } = spawnSync(process.execPath, ["--test", ...limits, ...reporters, ...files], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
