import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../support/paths.ts";

const root = join(repoRoot, "src");

/** Folders of src/ that have a page of their own, each with the names of its files, tests left out. */
const pages = readdirSync(root)
  .filter((folder) => existsSync(join(root, folder, "README.md")))
  .map((folder) => {
    const text = readFileSync(join(root, folder, "README.md"), "utf8");
    const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
    return { folder, text, files: files.map((path) => basename(path)) };
  });

test("a folder's page has a line for each of its files", () => {
  assert.ok(pages.length > 0);
  for (const { folder, text, files } of pages) {
    for (const file of files) assert.ok(text.includes(`\`${file}\``), `src/${folder}/README.md lacks ${file}`);
  }
});

test("a folder's page names no file that is not there", () => {
  for (const { folder, text, files } of pages) {
    for (const [, name = ""] of text.matchAll(/`([a-z0-9_]+\.ts)`/g)) {
      assert.ok(files.includes(name), `src/${folder}/README.md names ${name}`);
    }
  }
});
