import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import type { NodeEvent } from "../node/event.ts";
import { readCoreFlags } from "./core_flags.ts";
import { commandFor, type NotifyPlan, planNotify, runToEnd } from "./notify.ts";
import { Settings } from "./settings.ts";

function plan(...argv: string[]): NotifyPlan {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return planNotify(settings);
}

const TIP: NodeEvent = { type: "chain:tip", data: { hash: "ab", height: 1 }, seq: 1, time: 0 };

function warning(text: string): NodeEvent {
  return { type: "node:warning", data: { text }, seq: 1, time: 0 };
}

test("each new tip runs -blocknotify with its hash, but not while the node catches up", () => {
  const notify = plan("-blocknotify=echo %s > %s.txt");
  assert.equal(commandFor(TIP, notify, false), "echo ab > ab.txt");
  assert.equal(commandFor(TIP, notify, true), undefined);
  assert.equal(commandFor(TIP, plan(), false), undefined);
});

test("a warning runs -alertnotify with its text, of which nothing reaches the shell but text", () => {
  const notify = plan("-alertnotify=tell %s");
  assert.equal(commandFor(warning("Unknown (bit 3)"), notify, true), "tell 'Unknown (bit 3)'");
  assert.equal(commandFor(warning("a'; rm -rf $HOME `b` \\ \"c\""), notify, true),
    "tell 'a; rm -rf HOME b  c'");
});

test("commands given as nothing are none, and those at the end may be several", () => {
  const { startup, block, alert, shutdown } =
    plan("-startupnotify=", "-shutdownnotify=a", "-shutdownnotify=b");
  assert.deepEqual([startup, block, alert, shutdown], [undefined, undefined, undefined, ["a", "b"]]);
});

test("a command is run by a shell, and its end can be awaited, be it good or bad", async () => {
  const file = join(tempDir(), "said");
  await runToEnd(`echo one two > '${file}'`);
  assert.ok(existsSync(file));
  assert.equal(readFileSync(file, "utf8").trim(), "one two");
  await runToEnd("exit 3");
});
