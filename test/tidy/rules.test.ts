import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../support/paths.ts";

const TEXT = readFileSync(join(repoRoot, "docs", "rules.md"), "utf8");

/** A rule in quotes is what both its source and its test name. */
interface Row {
  readonly rule: string;
  readonly source: string;
  readonly test: string;
}

const ROWS: readonly Row[] = TEXT.split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => cells.length === 6 && cells[3]?.endsWith(".ts"))
  .map(([, rule = "", , source = "", where = ""]) => ({ rule, source, test: where }));

test("the list of rules has them all, by their number", () => {
  assert.ok(ROWS.length >= 55, `${ROWS.length} rows`);
});

test("each rule's source and test are there, and name it", () => {
  for (const { rule, source, test: where } of ROWS) {
    const [, quoted] = /^"([^"]+)"/.exec(rule) ?? [];
    for (const file of [source, where]) {
      const path = join(repoRoot, "src", file);
      assert.ok(existsSync(path), `${rule}: there is no src/${file}`);
      if (quoted === undefined) continue;
      assert.ok(readFileSync(path, "utf8").includes(quoted), `src/${file} does not name ${quoted}`);
    }
  }
});

test("every reason that a block can be refused for is in the list", () => {
  const files = [
    "consensus/block_rules.ts", "consensus/header_rules.ts", "consensus/merkle.ts", "consensus/sigops.ts",
    "consensus/transaction_rules.ts", "chain/connect_block.ts", "chain/header_acceptance.ts",
  ];
  for (const file of files) {
    const text = readFileSync(join(repoRoot, "src", file), "utf8");
    for (const [, reason = ""] of text.matchAll(/(?:violation|bad|changedWitness)\(\s*["`]([^"`$]+)/g)) {
      assert.ok(TEXT.includes(`"${reason}`), `${reason} of src/${file} is not in docs/rules.md`);
    }
  }
});
