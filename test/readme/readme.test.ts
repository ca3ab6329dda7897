/** The programs that README.md and the pages on the library show are run as they stand there. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EVENT_TYPES } from "../../src/api/events.ts";
import { OPTION_NAMES } from "../../src/api/create_node_options.ts";
import { repoRoot } from "../support/paths.ts";
import { outputOf, programsIn } from "./run_program.ts";

function page(name: string): string {
  return readFileSync(join(repoRoot, "docs", name), "utf8");
}

test("ten lines make nodes that listen, connect and print their peers", async () => {
  const program = readFileSync(join(repoRoot, "test", "readme", "ten_lines.js"), "utf8");
  assert.ok(program.trimEnd().split("\n").length <= 10);
  assert.match(await outputOf("ten_lines", program), /^outbound 127\.0\.0\.1:\d+ \/tidings:[\d.]+\/\n$/);
});

const readme = join(repoRoot, "README.md");
const shown = existsSync(readme) ? programsIn(readFileSync(readme, "utf8")) : [];

const skip = shown.length === 0 ? "README.md shows no program" : false;

test("README.md shows the ten lines that are tested", { skip }, () => {
  const program = readFileSync(join(repoRoot, "test", "readme", "ten_lines.js"), "utf8");
  assert.ok(shown.includes(program));
});

for (const [index, program] of shown.entries()) {
  test(`program ${index + 1} of README.md runs to its end`, async () => {
    await outputOf(`readme${index + 1}`, program);
  });
}

/** What each program of a page prints. */
const PAGES: Readonly<Record<string, readonly RegExp[]>> = {
  "library.md": [
    /^peer:ready 127\.0\.0\.1:\d+ \/tidings:[\d.]+\/\nv2 true\n\[ 'noban', 'download' \]\n1\n$/,
    /^0 0\n$/,
    /^192\.0\.2\.0\/24 3600\ntrue true 0\n\{ new: 0, tried: 0, total: 0 \} \[\] \[ '9\.8\.7\.6:18444' \]\n$/,
  ],
  "events.md": [
    /CONNECT_FAILED ECONNREFUSED\n\[ 'operator' \]\n1 peer:dialing .*\n\d+ peer:open .*\n\d+ peer:closed .*"operator"\}\n\d+ peer:dialing .*\n\d+ peer:dial-failed .*"ECONNREFUSED"\}\n$/,
  ],
  "devnet.md": [/^111\n$/],
};

for (const [name, printed] of Object.entries(PAGES)) {
  test(`the programs of docs/${name} print what they say`, async () => {
    const programs = programsIn(page(name));
    assert.equal(programs.length, printed.length);
    for (const [index, program] of programs.entries()) {
      assert.match(await outputOf(`${name}${index}`, program), printed[index] as RegExp);
    }
  });
}

test("docs/library.md has every option of createNode", () => {
  const text = page("library.md");
  for (const name of OPTION_NAMES) assert.match(text, new RegExp(`^\\|.*\`${name}\`.* \\|$`, "m"), name);
});

test("docs/events.md has every event, and no other", () => {
  const rows = [...page("events.md").matchAll(/^\| `([a-z]+:[a-z-]+)` \|/gm)].map(([, type]) => type);
  assert.deepEqual(rows.sort(), [...EVENT_TYPES].sort());
});

test("docs/events.md has every reason for which a connection is closed, and no other", () => {
  const files = ["node/close_reason.ts", "peer/disconnect_reason.ts", "protocol/disconnect_reason.ts"];
  const reasons = files.flatMap((file) => {
    const text = readFileSync(join(repoRoot, "src", file), "utf8");
    return [...text.matchAll(/^ {2}\| "([a-z0-9-]+)"/gm)].map(([, reason]) => reason);
  });
  const table = /\| whose doing [\s\S]*?\n\n/.exec(page("events.md"))?.[0] ?? "";
  const listed = [...table.replaceAll("`detail`", "").matchAll(/`([a-z0-9-]+)`/g)].map(([, reason]) => reason);
  assert.deepEqual(listed.sort(), reasons.sort());
});
