/**
 * Installs and builds what is missing or out of date, so that a fresh clone can be used at once.
 * In an installed package, where there is no source, it does nothing.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const stampPath = join(root, "dist", "built.json");
/** Holds the number of the process that is at it. */
const turnPath = join(root, ".build", "turn");

/** Everything that the build reads. */
const SOURCES = ["src", "test", "bench", "package-lock.json", "tsconfig.base.json", "tsconfig.core.json",
  "tsconfig.node.json"];

export function ensureBuilt() {
  if (!existsSync(join(root, "src")) || isReady()) return;
  takeTurn();
  // It may have been done while we waited.
  if (!isReady()) prepare();
  rmSync(turnPath, { force: true });
}

function isReady() {
  const stamp = readStamp();
  return isInstalled(stamp) && isCurrent(stamp, fingerprint());
}

function isCurrent(stamp, { sources, files }) {
  return stamp.sources === sources && stamp.files === files;
}

function prepare() {
  const stamp = readStamp();
  if (!isInstalled(stamp)) install();
  const now = fingerprint();
  if (isCurrent(stamp, now)) return;
  build(stamp.files !== now.files);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stampPath, JSON.stringify({ ...now, lock: lockTime() }));
}

/** Of several that start at once, one installs and builds, and the others wait. */
function takeTurn() {
  mkdirSync(join(root, ".build"), { recursive: true });
  for (;;) {
    try {
      return writeFileSync(turnPath, String(process.pid), { flag: "wx" });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isAnothersTurn()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    else rmSync(turnPath, { force: true });
  }
}

/** False when that process has ended without saying so. */
function isAnothersTurn() {
  try {
    process.kill(Number(readFileSync(turnPath, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function isInstalled(stamp) {
  return existsSync(join(root, "node_modules", ".package-lock.json")) &&
    (stamp.lock === undefined || stamp.lock === lockTime());
}

function lockTime() {
  return statSync(join(root, "package-lock.json")).mtimeMs;
}

function install() {
  process.stderr.write("Installing dependencies (npm ci)\n");
  // The packages need no install scripts; without them nothing foreign runs at this point.
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
}

function build(filesChanged) {
  process.stderr.write("Building\n");
  // The compiler leaves outputs of deleted sources behind.
  if (filesChanged) rmSync(join(root, "dist"), { recursive: true, force: true });
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", root]);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // What this prints must not mix with what the command itself prints.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
  });
  if (error !== undefined || status !== 0) {
    process.stderr.write(`Cannot prepare tidings: ${command} ${args[0]} failed${error ? `: ${error.message}` : ""}\n`);
    process.exit(1);
  }
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampPath, "utf8"));
  } catch {
    return {};
  }
}

/** The list of source files, and their newest change and total size: both the same means up to date. */
function fingerprint() {
  const files = [];
  let newest = 0;
  let bytes = 0;
  const visit = (path) => {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) visit(join(path, name));
      return;
    }
    files.push(path);
    newest = Math.max(newest, stats.mtimeMs);
    bytes += stats.size;
  };
  for (const source of SOURCES) visit(source);
  return { files: createHash("sha256").update(files.join("\n")).digest("hex"),
    sources: `${newest}:${bytes}` };
}
