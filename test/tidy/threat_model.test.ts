import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../support/paths.ts";

const TEXT = readFileSync(join(repoRoot, "docs", "threat-model.md"), "utf8");
const ATTACKS = 50;

interface Row {
  readonly number: number;
  readonly shownBy: string;
  /** Of each test: its file, and the beginning of its name. */
  readonly tests: readonly (readonly [path: string, name: string])[];
}

const ROWS: readonly Row[] = TEXT.split("\n")
  .map((line) => line.split(" | "))
  .filter((cells) => cells.length === 6 && /^\| \d+$/.test(cells[0] ?? ""))
  .map(([number = "", , , , shownBy = ""]) => {
    return { number: Number(number.slice(2)), shownBy, tests: testsIn(shownBy) };
  });

function testsIn(cell: string): Row["tests"] {
  return cell.split("<br>").flatMap((part) => {
    const [, path = "", names = ""] = /^`([^`]+\.test\.ts)`: (.+)$/.exec(part) ?? [];
    return [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => [path, name] as const);
  });
}

test("the threat model has every attack once, in order", () => {
  assert.deepEqual(ROWS.map(({ number }) => number), Array.from({ length: ATTACKS }, (_, i) => i + 1));
});

/** What stands in the place of a test. */
const ELSEWHERE = ["not in this version", "by the tests of the rules ([rules.md](rules.md))"];

test("every attack of the threat model has a test of its own, or says why not", () => {
  for (const { number, shownBy, tests } of ROWS) {
    assert.ok(tests.length > 0 || ELSEWHERE.includes(shownBy), `attack ${number}: ${shownBy}`);
  }
});

test("every test that the threat model names is there", () => {
  for (const { number, tests } of ROWS) {
    for (const [path, name] of tests) {
      assert.ok(existsSync(join(repoRoot, path)), `attack ${number}: there is no ${path}`);
      const text = readFileSync(join(repoRoot, path), "utf8");
      assert.ok(text.includes(name), `attack ${number}: ${path} has no test named ${JSON.stringify(name)}`);
    }
  }
});

test("every test that is named for an attack is in the threat model", () => {
  const named = new Set(ROWS.flatMap(({ tests }) => tests.map(([, name]) => name)));
  const paths = new Set(ROWS.flatMap(({ tests }) => tests.map(([path]) => path)));
  for (const path of paths) {
    const text = readFileSync(join(repoRoot, path), "utf8");
    for (const [, name = ""] of text.matchAll(/\btest\(["`](attack \d+, [^"`]+)["`]/g)) {
      assert.ok([...named].some((known) => name.startsWith(known)), `${path}: ${name}`);
    }
  }
});
