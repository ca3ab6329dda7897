import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../wire/message.ts";
import { INVENTORY_COUNT_MAX, MSG_WTX } from "../wire/messages/inventory.ts";
import { effortOf, TURN_EFFORT_MAX } from "./message_effort.ts";

function inv(count: number): Message {
  const items = Array.from({ length: count }, () => ({ type: MSG_WTX, hash: new Uint8Array(32) }));
  return { type: "inv", value: { items } };
}

test("attack 49, long messages: the longest inventory has a turn for itself, as have 16,000 items however they come", () => {
  assert.ok(effortOf(inv(INVENTORY_COUNT_MAX)) >= TURN_EFFORT_MAX);
  for (const count of [50, 1_000, 16_384]) {
    const messages = Math.ceil(TURN_EFFORT_MAX / effortOf(inv(count)));
    assert.ok(messages * count <= 2 ** 14, `${messages} messages of ${count} items in one turn`);
  }
});

test("no message is free", () => {
  assert.equal(effortOf({ type: "ping", value: { nonce: 1n } }), 1);
  assert.equal(effortOf(inv(0)), 1);
});
