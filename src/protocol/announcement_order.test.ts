import assert from "node:assert/strict";
import { test } from "node:test";
import { MempoolHarness, spend } from "../../test/support/mempool_harness.ts";
import type { MempoolEntry } from "../mempool/mempool.ts";
import { AnnouncementOrder } from "./announcement_order.ts";

const COIN = 100_000_000;

function admitted(world: MempoolHarness, ...args: Parameters<typeof spend>): MempoolEntry {
  const admission = world.submit(spend(...args));
  assert.ok(admission.type === "accepted", JSON.stringify(admission));
  return admission.entry;
}

test("the better paid goes first, but never before its parent", () => {
  const world = new MempoolHarness();
  const order = new AnnouncementOrder(world.pool);
  const poor = admitted(world, [world.fund(COIN)], COIN - 1_000);
  const rich = admitted(world, [world.fund(COIN)], COIN - 5_000);
  const child = admitted(world, [{ txid: poor.transaction.txid, index: 0 }], COIN - 99_000);
  assert.deepEqual([child, poor, rich].sort((a, b) => (order.isBefore(a, b) ? -1 : 1)), [rich, poor, child]);
});

test("where an entry stands does not change when its parent leaves", () => {
  const world = new MempoolHarness();
  const order = new AnnouncementOrder(world.pool);
  const parent = admitted(world, [world.fund(COIN)], COIN - 1_000);
  const child = admitted(world, [{ txid: parent.transaction.txid, index: 0 }], COIN - 99_000);
  const other = admitted(world, [world.fund(COIN)], COIN - 5_000);
  assert.equal(order.isBefore(other, child), true);
  world.connect([parent.transaction]);
  assert.equal(order.isBefore(other, child), true);
  assert.equal(order.isBefore(child, child), false);
});
