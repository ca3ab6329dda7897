/**
 * docs/core-suite.md: which of Bitcoin Core's functional tests pass, and why the others do not.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KNOWN_NAMES, knownReason } from "./core_suite_known.js";
import { TIERS } from "./core_suite_tiers.js";

const FILE = join(import.meta.dirname, "..", "docs", "core-suite.md");

const INTRODUCTION = `# Bitcoin Core's functional tests

Run against \`bin/tidingsd\` from a tree of Bitcoin Core 31.99:
\`CORE_TREE=/path/to/bitcoin npm run core-suite -- NAMES…\`. With \`BITCOINCLI=/path/to/bitcoin-cli\` the few tests
that call one run too. \`--write-docs\` puts the results of a run into the table; the reasons stand in
\`scripts/core_suite_known.js\`. Tests of both transports run over
both, and pass when they do over each.
`;

/** Puts what a run found in place of what the table said of the same tests. */
export function writeReport(results) {
  const rows = readRows();
  for (const { name, result } of results) rows.set(name, result === "passed" ? "passes" : result);
  writeFileSync(FILE, reportText(rows));
  return FILE;
}

function readRows() {
  const rows = new Map();
  const text = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
  const row = /^\| `(\w+)` \| (passes|failed|skipped) \|/gm;
  for (const [, name, result] of text.matchAll(row)) rows.set(name, result);
  return rows;
}

function reportText(rows) {
  const tiers = [...Object.entries(TIERS), ["others", othersThan(new Set(Object.values(TIERS).flat()))]];
  return INTRODUCTION + tiers.map(([tier, names]) => section(tier, names, rows)).join("");
}

function othersThan(listed) {
  return KNOWN_NAMES.filter((name) => !listed.has(name));
}

function section(tier, names, rows) {
  const count = names.filter((name) => rows.get(name) === "passes").length;
  const lines = names.toSorted().map((name) => {
    const result = rows.get(name) ?? "not run";
    const reason = result === "passes" ? "" : knownReason(name) ?? "";
    return `| \`${name}\` | ${result} | ${reason} |\n`;
  });
  const head = "| test | result | why not |\n| --- | --- | --- |\n";
  return `\n## ${tier}: ${count} of ${names.length} pass\n\n${head}${lines.join("")}`;
}
