/**
 * `npm test [-- WORD…] [--tap FILE] [--timeout SECONDS]`: builds what is out of date, then runs every test, or those
 * whose path contains one of the words; `--tap` also writes the results to a file.
 *
 * Unit tests of one folder share a process, since starting one takes as long as most of them do.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, sep } from "node:path";
import { ensureBuilt } from "./ensure_built.js";

/** A test, or a file of them, that takes longer hangs; a heavy one may be given more. */
const TIMEOUT_SECONDS = "170";

/** Few enough that no process is the last one for long. */
const FILES_PER_PROCESS = 10;

const root = join(import.meta.dirname, "..");
ensureBuilt();

const words = process.argv.slice(2);
const reporters =
  [`--test-reporter=${join(root, "scripts", "test_reporter.js")}`, "--test-reporter-destination=stdout"];
const tapFile = takeOption("--tap");
if (tapFile !== undefined) reporters.push("--test-reporter=tap", `--test-reporter-destination=${tapFile}`);
const timeout = Number(takeOption("--timeout") ?? TIMEOUT_SECONDS) * 1000;
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
// The runner would leave one processor idle, which of two is half.
const limits = [`--test-concurrency=${availableParallelism()}`, `--test-timeout=${timeout}`];
const { status } = spawnSync(process.execPath, ["--test", ...limits, ...reporters, ...inGroups(files)], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);

/** The value behind `name`, which goes from `words`; `undefined` without it. */
function takeOption(name) {
  const at = words.indexOf(name);
  return at === -1 ? undefined : words.splice(at, 2)[1];
}

/** Unit tests (`dist/src`) behind files that import several of them; all others as they are. */
function inGroups(paths) {
  const folder = join(root, "dist", "test_groups");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const units = paths.filter((path) => path.startsWith(join("dist", "src")));
  const groups = [...new Set(units.map(folderOf))].flatMap((name) => {
    const members = units.filter((path) => folderOf(path) === name);
    const count = Math.ceil(members.length / FILES_PER_PROCESS);
    return Array.from({ length: count }, (_, at) => {
      const group = join("dist", "test_groups", `${name}_${at + 1}.test.js`);
      const imports = members.filter((_, i) => i % count === at).map((path) => `import "../../${path}";\n`);
      writeFileSync(join(root, group), imports.join("").replaceAll(sep, "/"));
      return group;
    });
  });
  // What takes longest comes first, so that both processors are at work to the end.
  return [...paths.filter((path) => !units.includes(path)), ...groups];
}

/** The folder of src/ that a unit test lies in. */
function folderOf(path) {
  return path.split(sep)[2];
}
