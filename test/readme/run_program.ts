/**
 * Programs that pages of this repository show, run as they stand there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { repoRoot } from "../support/paths.ts";

const run = promisify(execFile);

/** The folder into which all was compiled: inside the package, so that it can import itself by name. */
const built = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(built, "readme-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Blocks marked as JavaScript. */
export function programsIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
}

/** What it prints. Fails when the program does, or does not end. */
export async function outputOf(name: string, program: string): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, builtImports(program));
  const { stdout, stderr } = await run(process.execPath, [path], { timeout: 30_000 });
  assert.equal(stderr, "");
  return stdout;
}

/** The package's own name means `dist/`; compiled elsewhere, it is to mean what was compiled. */
function builtImports(program: string): string {
  if (built === join(repoRoot, "dist")) return program;
  const url = (entry: string): string => pathToFileURL(join(built, "src", entry, "mod.js")).href;
  return program.replaceAll('"tidings"', `"${url("api")}"`).replaceAll(
    '"tidings/devnet"', `"${url("devnet")}"`,
  );
}
