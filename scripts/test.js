/**
 * `npm test [-- WORD…] [--tap FILE] [--timeout SECONDS]`: builds what is out of date, then runs every test, or those
 * whose path contains one of the words; `--tap` also writes the results to a file.
 *
 * Most files share a process with others, since starting one takes as long as they do.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, sep } from "node:path";
import { ensureBuilt } from "./ensure_built.js";

/** A test, or a file of them, that takes longer hangs; a heavy one may be given more. */
const TIMEOUT_SECONDS = "170";

/** Folders of test/ whose files have a process each: the environment makes them heavier. Longest first. */
const ALONE = ["crash", "simulation", "real_input", "readme", "fuzz", "interop"];

/** Few enough that no process is the last one for long. */
const UNITS_PER_PROCESS = 25;
const FILES_PER_PROCESS = 6;

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
// V8 begins with room for a megabyte of young objects, and these processes do not live long enough to get more: a
// tenth of their time would go into collecting garbage.
const room = "--min-semi-space-size=16";
const { status } = spawnSync(process.execPath, [room, "--test", ...limits, ...reporters, ...inGroups(files)], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);

/** The value behind `name`, which goes from `words`; `undefined` without it. */
function takeOption(name) {
  const at = words.indexOf(name);
  return at === -1 ? undefined : words.splice(at, 2)[1];
}

/** Most files behind others that import several of them. */
function inGroups(paths) {
  const folder = join(root, "dist", "test_groups");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kinds = { alone: [], tests: [], portable: [], units: [] };
  for (const path of paths) kinds[kindOf(path)].push(path);
  return [
    ...kinds.alone.sort((a, b) => folderPlace(a) - folderPlace(b)),
    ...grouped("tests", kinds.tests, FILES_PER_PROCESS),
    ...grouped("portable", kinds.portable, UNITS_PER_PROCESS),
    ...grouped("units", kinds.units, UNITS_PER_PROCESS),
  ];
}

/** A process has one cryptography: who wants the portable one is not to be with who installs another. */
function kindOf(path) {
  if (path.startsWith(join("dist", "test"))) return folderPlace(path) === -1 ? "tests" : "alone";
  const text = readFileSync(join(root, path), "utf8");
  if (text.includes("testSecpBackend")) return "alone";
  return /portable_curve|installPortableCurve/.test(text) ? "portable" : "units";
}

function folderPlace(path) {
  return ALONE.indexOf(path.split(sep)[2]);
}

/** Neighbours are in different groups: each has a bit of everything, so that all take about as long. */
function grouped(name, paths, size) {
  const count = Math.ceil(paths.length / size);
  return Array.from({ length: count }, (_, at) => {
    const group = join("dist", "test_groups", `${name}_${at + 1}.test.js`);
    const imports = paths.filter((_, i) => i % count === at).map((path) => `import "../../${path}";\n`);
    writeFileSync(join(root, group), imports.join("").replaceAll(sep, "/"));
    return group;
  });
}
