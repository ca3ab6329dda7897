import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../codec/decode_error.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { Incoming } from "../peer/read_messages.ts";
import { encodeMessage, type Message } from "../wire/message.ts";
import { INVENTORY_COUNT_MAX, MSG_WTX } from "../wire/messages/inventory.ts";
import { effortOf, TURN_EFFORT_MAX } from "./message_effort.ts";

/** A message as it came in, with a payload of `size` bytes. */
function read(message: Message, size = encodeMessage(message).length): Incoming {
  return { type: "message", message, size };
}

function inv(count: number): Incoming {
  const items = Array.from({ length: count }, () => ({ type: MSG_WTX, hash: new Uint8Array(32) }));
  return read({ type: "inv", value: { items } });
}

const PING: Message = { type: "ping", value: { nonce: 1n } };

test("attack 49, long messages: the longest inventory has a turn for itself, as have 16,000 items however they come", () => {
  assert.ok(effortOf(inv(INVENTORY_COUNT_MAX), 0) >= TURN_EFFORT_MAX);
  for (const count of [50, 1_000, 16_384]) {
    const messages = Math.ceil(TURN_EFFORT_MAX / effortOf(inv(count), 0));
    assert.ok(messages * count <= 2 ** 14, `${messages} messages of ${count} items in one turn`);
  }
});

test("attack 49, long answers: what takes milliseconds to find is weighed as such, however short the question", () => {
  const stop = new Uint8Array(32) as BlockHash;
  const headers = read({ type: "getheaders", value: { version: 70_016, locator: [], stop } });
  const filters = read({ type: "getcfheaders", value: { filterType: 0, startHeight: 1, stop } });
  const checkpoints = read({ type: "getcfcheckpt", value: { filterType: 0, stop } });
  // Units of a quarter of a millisecond, of what was measured.
  assert.ok(effortOf(headers, 2_000 * 81) >= 5.7 * 4);
  assert.ok(effortOf(filters, 2_000 * 32) >= 9 * 4);
  assert.ok(effortOf(checkpoints, 900 * 32) >= 10 * 4);
  assert.equal(effortOf(headers, 24), 1, "an empty answer is soon found");
});

test("no message is free", () => {
  assert.equal(effortOf(read(PING), 0), 1);
  assert.equal(effortOf(inv(0), 0), 1);
  assert.equal(effortOf({ type: "unknown", name: "constructor", size: 0 }, 0), 1);
});

test("attack 49, long messages: a megabyte has a turn for itself, whatever became of it, and so has one that was sent", () => {
  const size = 2 ** 20;
  const error = new DecodeError(0, { kind: "truncated", needed: 1, remaining: 0 });
  const incomings: readonly Incoming[] = [
    read(PING, size), { type: "unknown", name: "junk", size }, { type: "unread", name: "blocktxn", size },
    { type: "malformed", name: "tx", size, error }, { type: "failed", name: "tx", size, error },
  ];
  for (const incoming of incomings) {
    assert.ok(effortOf(incoming, 0) >= TURN_EFFORT_MAX, incoming.type);
    assert.ok(effortOf({ ...incoming, size: 8 }, size) >= TURN_EFFORT_MAX, incoming.type);
  }
});
