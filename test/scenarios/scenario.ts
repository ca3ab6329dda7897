import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { updatesTranscripts } from "../support/environment.ts";
import { repoRoot } from "../support/paths.ts";

/**
 * Runs a transcript of test/scenarios: blocks of `command`, `----`, expected output, blank line.
 * Other lines are prose. `start` is called once and gives what carries out the commands.
 *
 * `TIDINGS_UPDATE=1 npm test` writes what really happened into the file: read the diff, and commit it only
 * when you can say why each line changed.
 */
export function runScenario(name: string, start: () => (command: string) => string): void {
  test(`scenario ${name}`, () => {
    const path = join(repoRoot, "test", "scenarios", name);
    const text = readFileSync(path, "utf8");
    const run = start();
    const actual = text.replaceAll(/^([a-z0-9].*)\n----\n(?:.+\n)*/gm, (_, command: string) => {
      const output = run(command).trimEnd();
      return `${command}\n----\n${output === "" ? "" : `${output}\n`}`;
    });
    if (updatesTranscripts) writeFileSync(path, actual);
    else assert.equal(actual, text);
  });
}
