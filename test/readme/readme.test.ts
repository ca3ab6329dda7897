/**
 * The programs that README.md shows are run as they stand there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { repoRoot } from "../support/paths.ts";

const run = promisify(execFile);

/** The folder into which all was compiled: inside the package, so that it can import itself by name. */
const built = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(built, "readme-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Blocks marked as JavaScript. */
function programs(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
}

/** What it prints. Fails when the program does, or does not end. */
async function output(name: string, program: string): Promise<string> {
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

test("ten lines make nodes that listen, connect and print their peers", async () => {
  const program = readFileSync(join(repoRoot, "test", "readme", "ten_lines.js"), "utf8");
  assert.ok(program.trimEnd().split("\n").length <= 10);
  assert.match(await output("ten_lines", program), /^outbound 127\.0\.0\.1:\d+ \/tidings:[\d.]+\/\n$/);
});

const readme = join(repoRoot, "README.md");
const shown = existsSync(readme) ? programs(readFileSync(readme, "utf8")) : [];

const skip = shown.length === 0 ? "README.md shows no program" : false;

test("README.md shows the ten lines that are tested", { skip }, () => {
  const program = readFileSync(join(repoRoot, "test", "readme", "ten_lines.js"), "utf8");
  assert.ok(shown.includes(program));
});

for (const [index, program] of shown.entries()) {
  test(`program ${index + 1} of README.md runs to its end`, async () => {
    await output(`readme${index + 1}`, program);
  });
}
