import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../support/paths.ts";

const TEXT = readFileSync(join(repoRoot, "docs", "threat-model.md"), "utf8");
const ATTACKS = 51;

/** A test, by its file and its name. */
type NamedTest = readonly [path: string, name: string];

interface Row {
  readonly number: number;
  readonly shownBy: string;
  readonly tests: readonly NamedTest[];
  /** What came of it with the defence and without. */
  readonly columns: string;
}

const ROWS: readonly Row[] = TEXT.split("\n")
  .map((line) => line.split(" | "))
  .filter((cells) => cells.length === 7 && /^\| \d+$/.test(cells[0] ?? ""))
  .map(([number = "", , , , shownBy = "", columns = ""]) => {
    return { number: Number(number.slice(2)), shownBy, tests: testsIn(shownBy), columns };
  });

function testsIn(cell: string): readonly NamedTest[] {
  return cell.split("<br>").flatMap((part) => {
    const [, path = "", names = ""] = /^`([^`]+\.test\.ts)`: (.+)$/.exec(part) ?? [];
    return [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => [path, name] as const);
  });
}

/** A test as it stands in a file: what its name may be, and all from there to the next. */
interface Declared {
  readonly name: RegExp;
  readonly shown: string;
  readonly body: string;
}

/** Names in a source end with what a run was, as in ` (seed ${SEED})`, and may have parts from a table. */
function declaredIn(path: string): readonly Declared[] {
  const text = readFileSync(join(repoRoot, path), "utf8");
  const starts = [...text.matchAll(/\b(?:test|fuzzTests)\((["`])((?:(?!\1).)+)\1/g)];
  return starts.map((match, i) => {
    const shown = (match[2] ?? "").replace(/ \([^()]*\$\{[^()]*\)$/, "");
    const parts = shown.split(/\$\{[^}]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const body = text.slice(match.index, starts[i + 1]?.index);
    return { name: new RegExp(`^${parts.join(".+")}$`), shown, body };
  });
}

function find([path, name]: NamedTest): Declared | undefined {
  return declaredIn(path).find((declared) => declared.name.test(name));
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

test("every test that the threat model names is there, by its whole name", () => {
  for (const { number, tests } of ROWS) {
    for (const [path, name] of tests) {
      assert.ok(existsSync(join(repoRoot, path)), `attack ${number}: there is no ${path}`);
      const isThere = find([path, name]) !== undefined;
      assert.ok(isThere, `attack ${number}: ${path} has no test named ${JSON.stringify(name)}`);
    }
  }
});

/** What shows both columns of a test. */
const COMPARISON = /\b(?:twoColumns|bothWays|besideNaive|compare)\(|\bt\.diagnostic\(/;

test("every attack with tests has figures with its defence and without, or says why not", () => {
  for (const { number, tests, columns } of ROWS) {
    if (tests.length === 0 || /^no other column: .{40}/.test(columns)) continue;
    for (const figures of columns.split("<br>")) {
      assert.match(figures, /^\S.* \/ .*\S$/, `attack ${number}: no two columns in "${figures}"`);
    }
    const isShown = tests.some((each) => COMPARISON.test(find(each)?.body ?? ""));
    assert.ok(isShown, `attack ${number}: none of its tests compares`);
  }
});

test("every test that is named for an attack is in the threat model", () => {
  const known = ROWS.flatMap(({ tests }) => tests);
  for (const path of testFiles()) {
    for (const { name, shown } of declaredIn(path)) {
      if (!/^attack \d+,/.test(shown)) continue;
      assert.ok(known.some(([at, each]) => at === path && name.test(each)), `${path}: ${shown}`);
    }
  }
});

test("every defence that can be left out is left out by a test or a study", () => {
  const read = (path: string): string => readFileSync(join(repoRoot, path), "utf8");
  const defences = read("src/base/defences.ts").matchAll(/^ {2}\| ("[a-z-]+")/gm);
  const names = Array.from(defences, ([, name = ""]) => name);
  assert.ok(names.length > 20);
  const texts = [...testFiles(), "src/sim/eclipse_settings.ts"].map(read);
  for (const name of names) {
    assert.ok(texts.some((text) => text.includes(name)), `nothing leaves out ${name}`);
  }
});

/** Of src/ and test/, by their paths in the repository. */
function testFiles(): readonly string[] {
  return ["src", "test"].flatMap((folder) =>
    readdirSync(join(repoRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".test.ts"))
      .map((path) => join(folder, path).replaceAll("\\", "/")));
}
