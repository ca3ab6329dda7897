import assert from "node:assert/strict";
import { test } from "node:test";
import type { Logger } from "../base/logger.ts";
import { PruneLocks } from "./prune_locks.ts";

function locks() {
  const log: string[] = [];
  const nothing = (): void => {};
  const logger: Logger = {
    info: nothing, warning: nothing, error: nothing, trace: nothing,
    debug: (category, text) => void log.push(`${category}: ${text()}`),
  };
  return { log, locks: new PruneLocks(logger) };
}

test("blocks that someone needs stay, with ten below them", () => {
  const { log, locks: all } = locks();
  assert.equal(all.lastPrunable(700), 700);
  assert.deepEqual(log, []);
  all.set("basic block filter index", 700);
  all.set("coinstatsindex", 500);
  assert.equal(all.lastPrunable(700), 489);
  assert.deepEqual(log, ["prune: coinstatsindex limited pruning to height 489"]);
  all.set("coinstatsindex", 700);
  assert.equal(all.lastPrunable(700), 689);
  assert.equal(all.lastPrunable(300), 300, "as far as it was asked");
  all.set("coinstatsindex", 0);
  assert.equal(all.lastPrunable(700), 0);
});

test("a block that leaves the chain moves those back that had passed it", () => {
  const { log, locks: all } = locks();
  all.set("coinstatsindex", 2_500);
  all.set("basic block filter index", 2_400);
  all.disconnectedTo(2_480);
  assert.deepEqual(log, ["prune: coinstatsindex prune lock moved back to 2480"]);
  assert.equal(all.lastPrunable(2_500), 2_389);
  all.disconnectedTo(2_390);
  assert.equal(all.lastPrunable(2_500), 2_379);
});
