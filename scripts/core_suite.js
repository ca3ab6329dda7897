/**
 * `npm run core-suite -- NAMES… [--jobs N] [--timeout SECONDS] [--keep] [--write-docs]`: runs Bitcoin
 * Core's functional tests against `tidingsd`, from the source tree that CORE_TREE names, and prints a
 * table. Fails when a test does that is not known to (core_suite_known.js).
 *
 * NAMES are tests, or tier1, tier2, tier3, others, all. BITCOIND names another daemon to run them
 * against, BITCOINCLI a bitcoin-cli for the few tests that call one. The tree itself is not written to.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { KNOWN_NAMES, knownReason } from "./core_suite_known.js";
import { writeReport } from "./core_suite_report.js";
import { expandName, NEEDS_CLI, TIERS } from "./core_suite_tiers.js";
import { ensureBuilt } from "./ensure_built.js";

const root = join(import.meta.dirname, "..");
/** What the tests' framework exits with. */
const PASSED = 0;
const SKIPPED = 77;
const TIMEOUT_DEFAULT = 600;
/** Seeds choose ports; those of runs at the same time must differ. */
const PORT_SEED_FIRST = 100;
const PORT_SEEDS = 300;

const { names, jobs, timeout, keep, writeDocs } = readArguments(process.argv.slice(2));
const tree = process.env.CORE_TREE ?? "";
if (tree === "") {
  process.stdout.write("skipped: CORE_TREE is not set\n");
  process.exit(0);
}
if (!existsSync(join(tree, "test", "functional"))) {
  process.stderr.write(`CORE_TREE is ${tree}, which has no test/functional\n`);
  process.exit(2);
}
if (names.length === 0) {
  process.stderr.write(
    "Usage: npm run core-suite -- NAMES…|tier1|tier2|tier3|others|all [--jobs N] [--timeout SECONDS] [--keep] " +
    "[--write-docs]\n");
  process.exit(2);
}
const daemon = process.env.BITCOIND === undefined ? join(root, "bin", "tidingsd")
  : resolve(process.env.BITCOIND);
// Once and now: what it prints would count as an error of the node.
if (process.env.BITCOIND === undefined) ensureBuilt();

const folder = mkdtempSync(join(tmpdir(), "core-suite-"));
const configFile = writeConfig();
const results = await runAll(names.flatMap(expandGroup).flatMap(expandName));
const count = (wanted) => results.filter(({ result }) => result === wanted).length;
const failed = results.filter(({ name, result }) => result === "failed" &&
  knownReason(name) === undefined).length;
process.stdout.write(`\n${count("passed")} of ${results.length} passed, ${count("failed")} failed, ` +
  `${failed} of them against expectation\n`);
for (const { name, result } of results) {
  if (result === "passed" && knownReason(name) !== undefined) {
    process.stdout.write(`${name} passes: take it off the list in scripts/core_suite_known.js\n`);
  }
}
if (writeDocs) process.stdout.write(`Wrote ${writeReport(results)}\n`);
if (failed === 0 && !keep) rmSync(folder, { recursive: true, force: true });
else process.stdout.write(`Logs: ${folder}\n`);
process.exit(failed === 0 ? 0 : 1);

/** `others` are tests in no tier, most of which cannot pass; `all` is every test that is named anywhere. */
function expandGroup(name) {
  const tiered = new Set(Object.values(TIERS).flat());
  const others = KNOWN_NAMES.filter((each) => !tiered.has(each));
  if (name === "others") return others;
  return name === "all" ? [...tiered, ...others] : [name];
}

function readArguments(argv) {
  const found = { names: [], jobs: 2, timeout: TIMEOUT_DEFAULT, keep: false, writeDocs: false };
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i];
    if (argument === "--jobs") found.jobs = Number(argv[++i]);
    else if (argument === "--timeout") found.timeout = Number(argv[++i]);
    else if (argument === "--keep") found.keep = true;
    else if (argument === "--write-docs") found.writeDocs = true;
    else found.names.push(argument);
  }
  return found;
}

function writeConfig() {
  const path = join(folder, "config.ini");
  writeFileSync(path, `[environment]
CLIENT_NAME=tidings
CLIENT_BUGREPORT=the issue tracker of Tidings
SRCDIR=${tree}
BUILDDIR=${folder}
EXEEXT=
RPCAUTH=${tree}/share/rpcauth/rpcauth.py
[components]
ENABLE_BITCOIND=true
${process.env.BITCOINCLI === undefined ? "" : "ENABLE_CLI=true"}
`);
  mkdirSync(join(folder, "runs"));
  return path;
}

/** A few at a time, each printed as it ends. */
async function runAll(tests) {
  const results = [];
  const width = Math.max(...tests.map(({ name }) => name.length));
  const queue = tests.entries();
  // Tests that find no chain to start from make one, which must not happen twice at once.
  const cache = join(folder, "cache");
  process.stdout.write(`${"test".padEnd(width)}  variant  result    seconds  error\n`);
  const worker = async (number) => {
    for (const [index, test] of queue) {
      const outcome = await runOne(test, index, join(cache, String(number)));
      results.push(outcome);
      const { variant, result, seconds, error } = outcome;
      process.stdout.write(`${test.name.padEnd(width)}  ${variant.padEnd(7)}  ${result.padEnd(8)}  ` +
        `${seconds.toFixed(1).padStart(7)}  ${error}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, (_, number) => worker(number)));
  return results;
}

function runOne({ name, variant, options }, index, cache) {
  const script = join(tree, "test", "functional", `${name}.py`);
  const label = variant === "" ? name : `${name}-${variant}`;
  const started = performance.now();
  return new Promise((done) => {
    const finish = (result, error) => {
      done({ name, variant, result, error, seconds: (performance.now() - started) / 1000 });
    };
    if (!existsSync(script)) return finish("failed", "no such test in CORE_TREE");
    if (NEEDS_CLI.has(name) && process.env.BITCOINCLI === undefined) {
      return finish("skipped", "needs BITCOINCLI");
    }
    const args = ["-B", script, `--configfile=${configFile}`, `--cachedir=${cache}`,
      `--tmpdir=${join(folder, "runs", `${label}-${index}`)}`,
      `--portseed=${PORT_SEED_FIRST + ((process.pid + index) % PORT_SEEDS)}`, "--nocleanup", ...options];
    // A group of its own, so that the nodes of a test that hangs go with it.
    const child = spawn("python3", args, { cwd: folder, env: environment(), detached: true });
    let output = "";
    let errors = "";
    child.stdout.on("data", (part) => (output += part));
    child.stderr.on("data", (part) => (errors += part));
    const timer = setTimeout(() => killGroup(child), timeout * 1000);
    child.on("error", (error) => finish("failed", error.message));
    child.on("close", (code) => {
      clearTimeout(timer);
      writeFileSync(join(folder, `${label}-${index}.log`), output + errors);
      if (code === PASSED && errors.trim() === "") finish("passed", "");
      else if (code === SKIPPED) finish("skipped", lastLine(output));
      else finish("failed", code === null ? `killed after ${timeout} s` : errorLine(output, errors));
    });
  });
}

function environment() {
  const env = { ...process.env, BITCOIND: daemon, PYTHONDONTWRITEBYTECODE: "1", NODE_NO_WARNINGS: "1" };
  delete env.PREVIOUS_RELEASES_DIR;
  return env;
}

function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function lastLine(text) {
  return text.trim().split("\n").at(-1) ?? "";
}

/** The exception at the end of the first traceback. */
function errorLine(output, errors) {
  const lines = `${output}\n${errors}`.split("\n");
  const start = lines.findIndex((line) => line.startsWith("Traceback"));
  const exception = lines.slice(start + 1).find((line) => start >= 0 && /^\S/.test(line));
  const text = exception ?? lines.findLast((line) => line.includes("ERROR")) ?? lastLine(errors) ?? "";
  return text.replace(/^\S+ \(ERROR\): /, "").slice(0, 160);
}
