/**
 * `npm run bench [-- NAME…] [--save FILE] [--compare FILE]`: builds what is out of date, runs every
 * benchmark, or those whose name contains one of the words, each in a process of its own, and
 * prints a table. `--save` also writes the figures to a file; `--compare` shows what has changed
 * since a file was saved.
 *
 * A benchmark is a program of `bench/` that exports `run()`, which gives names, values and units,
 * and may export `skip`: why it cannot run here.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "./ensure_built.js";

const folder = join(import.meta.dirname, "..", "dist", "bench");

if (process.send === undefined) await runAll(process.argv.slice(2));
else await runOne(process.argv[2]);

/** In the process of one benchmark. */
async function runOne(path) {
  const { run, skip = false } = await import(pathToFileURL(path).href);
  process.send(skip === false ? { rows: await run() } : { skip });
  process.disconnect();
}

async function runAll(words) {
  ensureBuilt();
  const savePath = takeOption(words, "--save");
  const comparePath = takeOption(words, "--compare");
  const before = comparePath === undefined ? undefined : readSaved(comparePath);
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".js"))
    .map((file) => file.slice(0, -".js".length))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .sort();
  if (names.length === 0) fail(`No benchmark has ${words.join(" or ")} in its name`);
  const saved = {};
  for (const name of names) {
    const { rows = [], skip } = await runBenchmark(name);
    console.log(`\n${name}${skip === undefined ? "" : ` skipped: ${skip}`}`);
    for (const line of table(rows, before)) console.log(line);
    for (const { name: row, value, unit } of rows) saved[row] = { value, unit };
  }
  if (savePath !== undefined) writeFileSync(savePath, `${JSON.stringify(saved, undefined, 2)}\n`);
}

async function runBenchmark(name) {
  const child = fork(import.meta.filename, [join(folder, `${name}.js`)], { execArgv: ["--expose-gc"] });
  let result;
  child.on("message", (message) => {
    result = message;
  });
  const [code] = await once(child, "exit");
  if (code !== 0 || result === undefined) fail(`${name} failed`);
  return result;
}

function table(rows, before) {
  const cells = rows.map(({ name, value, unit }) => {
    return [name, value.toLocaleString("en-US"), unit, changeSince(before?.[name], value)];
  });
  const width = (at) => Math.max(0, ...cells.map((row) => row[at].length));
  return cells.map(([name, value, unit, change]) => {
    return `  ${name.padEnd(width(0))}  ${value.padStart(width(1))} ${unit.padEnd(width(2))}  ${change}`.trimEnd();
  });
}

function changeSince(before, value) {
  if (before === undefined || before.value === 0) return "";
  const percent = Math.round((100 * value) / before.value - 100);
  return `${percent < 0 ? "" : "+"}${percent} % (was ${before.value.toLocaleString("en-US")})`;
}

function takeOption(words, name) {
  const at = words.indexOf(name);
  if (at === -1) return undefined;
  const [, value] = words.splice(at, 2);
  return value ?? fail(`${name} needs a file`);
}

function readSaved(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return fail(`Cannot read ${path}: ${error.message}`);
  }
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
