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

/** Everything that the build reads. */
const SOURCES = ["src", "test", "bench", "package-lock.json", "tsconfig.base.json", "tsconfig.core.json",
  "tsconfig.node.json"];

export function ensureBuilt() {
  if (!existsSync(join(root, "src"))) return;
  const stamp = readStamp();
  const now = fingerprint();
  if (!isInstalled(stamp)) install();
  if (stamp.sources === now.sources && stamp.files === now.files) return;
  build(stamp.files !== now.files);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stampPath, JSON.stringify({ ...now, lock: lockTime() }));
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
  return { files: createHash("sha256").update(files.join("\n")).digest("hex"), sources: `${newest}:${bytes}` };
}
