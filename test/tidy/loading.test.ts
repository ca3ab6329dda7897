/** What is loaded at a start: a module takes a millisecond or two, some packages forty. @module */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../support/paths.ts";

/** All that is loaded with a file of src/: files, and names of packages. Types are not. */
function loadedWith(path: string, seen = new Set<string>()): ReadonlySet<string> {
  const file = join(repoRoot, "src", path);
  if (seen.has(path) || !existsSync(file)) return seen.add(path);
  seen.add(path);
  const imports = readFileSync(file, "utf8").matchAll(/^import (?!type )(?:[^";]*? from )?"([^"]+)";/gm);
  for (const [, specifier = ""] of imports) {
    loadedWith(specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : specifier, seen);
  }
  return seen;
}

test("what runs on a library for signatures does not load the portable curve", () => {
  for (const path of ["io/verify_worker.ts", "cli/verify_command.ts", "cli/verify_block.ts"]) {
    const loaded = loadedWith(path);
    assert.ok(loaded.has("crypto/crypto.ts"), `${path} is followed`);
    for (const each of loaded) assert.doesNotMatch(each, /^@noble\/curves/, `${path} loads ${each}`);
  }
});

test("`tidings` loads a sub-command when it is asked for, and no package before", () => {
  const loaded = [...loadedWith("cli/tidings.ts")].filter((each) => !each.startsWith("node:"));
  for (const each of loaded) assert.match(each, /^cli\/|^io\/version\.ts$/, `cli/tidings.ts loads ${each}`);
  assert.ok(loaded.length < 10, loaded.join());
});
