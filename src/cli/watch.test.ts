import assert from "node:assert/strict";
import { test } from "node:test";
import { readFlags } from "./tidings_flags.ts";
import { showOrWatch, WATCH_FLAG } from "./watch.ts";

/** What is written, and what it ends with, when `looks` are what there is to see. */
async function shown(argv: readonly string[], isTerminal: boolean, looks: readonly (string | number)[]) {
  const written: string[] = [];
  let waits = 0;
  const rest = [...looks];
  const exit = await showOrWatch(readFlags(argv, [WATCH_FLAG]), async () => rest.shift() ?? assert.fail(), {
    isTerminal,
    write: (text) => void written.push(text),
    wait: async () => void waits++,
  });
  return { written, exit, waits, left: rest.length };
}

test("without --watch it is shown once", async () => {
  assert.deepEqual(await shown([], true, ["a\n", "b\n"]), { written: ["a\n"], exit: 0, waits: 0, left: 1 });
  assert.deepEqual(await shown([], true, [3]), { written: [], exit: 3, waits: 0, left: 0 });
});

test("with --watch it is shown until the node does not answer, with a wait after each", async () => {
  assert.deepEqual(await shown(["--watch"], false, ["a\n", "b\n", 3]),
    { written: ["a\n", "b\n"], exit: 3, waits: 2, left: 0 });
});

test("a terminal is drawn over, and cleared of what was longer before", async () => {
  const { written } = await shown(["--watch"], true, ["a\nb\n", "c\n", 3]);
  assert.deepEqual(written, ["\x1b[H\x1b[Ja\x1b[K\nb\x1b[K\n\x1b[J", "\x1b[Hc\x1b[K\n\x1b[J"]);
});
