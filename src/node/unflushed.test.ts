import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_QUEUE_LIMITS } from "../peer/connection.ts";
import { PeerBench } from "../../test/support/peer_bench.ts";
import { Unflushed } from "./unflushed.ts";

const MUCH = new Uint8Array(DEFAULT_QUEUE_LIMITS.sendBytes + 1);

function bench() {
  const peers = new PeerBench();
  const unflushed = new Unflushed();
  const sentTo = (bytes: Uint8Array) => {
    const connection = peers.ready();
    connection.sendRaw("junk", bytes);
    unflushed.sent(connection);
    return connection;
  };
  return { unflushed, sentTo };
}

test("those that were full only until it was known that all has gone out are named, once", () => {
  const { unflushed, sentTo } = bench();
  const [full, other] = [sentTo(MUCH), sentTo(new Uint8Array(9))];
  assert.equal(unflushed.hasFull, true);
  assert.deepEqual(unflushed.flush(), [full]);
  assert.deepEqual([full.isSendFull, other.isSendFull, unflushed.hasFull], [false, false, false]);
  assert.deepEqual(unflushed.flush(), []);
});

test("of a choked connection nothing is taken to have gone out, whatever is sent to it meanwhile", () => {
  const { unflushed, sentTo } = bench();
  const connection = sentTo(MUCH);
  connection.choked();
  unflushed.delete(connection);
  connection.sendRaw("junk", MUCH);
  unflushed.sent(connection);
  assert.equal(unflushed.hasFull, false, "so that nobody is woken for it");
  assert.deepEqual(unflushed.flush(), []);
  assert.equal(connection.isSendFull, true);
});
