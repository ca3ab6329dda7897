import assert from "node:assert/strict";
import { test } from "node:test";
import { spend } from "../../test/support/mempool_harness.ts";
import { type FakePeer, ProtocolBench } from "../../test/support/protocol_bench.ts";
import { seededRng } from "../base/rng.ts";
import { hashLiteral, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { type InventoryItem, MSG_TX, MSG_WITNESS_TX, MSG_WTX } from "../wire/messages/inventory.ts";
import { PrivateDelivery } from "./private_delivery.ts";
import { PrivateQueue } from "./private_queue.ts";

function transaction(number = 1): Transaction {
  return spend([{ txid: hashLiteral<Txid>(number.toString(16).padStart(64, "0")), index: 0 }], 1000);
}

const GIVEN = transaction();
const ITEM: InventoryItem = { type: MSG_TX, hash: GIVEN.txid };

/** A delivery of `GIVEN`, to whoever is opened. */
function world() {
  const bench = new ProtocolBench();
  const queue = new PrivateQueue(bench.clock);
  queue.add(GIVEN);
  const { logger } = bench;
  bench.protocols.push(new PrivateDelivery({ rng: seededRng(1), logger, outbox: bench, queue }));
  const open = (): FakePeer => bench.open({ type: "private-broadcast" });
  const ask = (peer: FakePeer, items: readonly InventoryItem[]): void => {
    bench.from(peer, { type: "getdata", value: { items: [...items] } });
  };
  const typesTo = (peer: FakePeer): readonly string[] => bench.happenings.flatMap((each) =>
    each.type === "sent" && each.peer === peer.id ? [each.message.type] : []);
  return { bench, queue, open, ask, typesTo };
}

test("a transaction is announced by txid, and sent to who asks for that one, once", () => {
  for (const [items, isSent] of [
    [[ITEM], true], [[{ ...ITEM, type: MSG_WITNESS_TX }], true], [[{ ...ITEM, type: MSG_WTX }], false],
    [[ITEM, ITEM], false], [[], false], [[{ ...ITEM, hash: transaction(2).txid }], false],
  ] as const) {
    const { bench, open, ask } = world();
    const peer = open();
    assert.deepEqual(bench.sent(peer, "inv"), [{ items: [ITEM] }]);
    ask(peer, items);
    assert.equal(bench.sent(peer, "tx").length, isSent ? 1 : 0);
    assert.deepEqual(bench.dropped(peer), isSent ? [] : ["private-broadcast-failed"]);
    ask(peer, [ITEM]);
    assert.equal(bench.sent(peer, "tx").length, isSent ? 1 : 0);
    assert.deepEqual(bench.dropped(peer), ["private-broadcast-failed"]);
  }
});

test("a pong counts that answers our ping, and no other message does anything", () => {
  const { bench, queue, open, ask, typesTo } = world();
  const peer = open();
  const pong = (nonce: bigint): void => bench.from(peer, { type: "pong", value: { nonce } });
  pong(0n);
  ask(peer, [ITEM]);
  pong(0n);
  bench.from(peer, { type: "ping", value: { nonce: 7n } });
  bench.from(peer, { type: "getaddr", value: null });
  assert.deepEqual(typesTo(peer), ["inv", "tx", "ping"]);
  assert.deepEqual(bench.dropped(peer), []);
  assert.equal([...queue][0]?.sends[0]?.receivedAt, undefined);
  pong(bench.sent(peer, "ping")[0]?.nonce ?? 0n);
  assert.deepEqual(bench.dropped(peer), ["private-broadcast-done"]);
  assert.equal([...queue][0]?.sends[0]?.receivedAt, bench.clock.now());
});

test("who comes when nothing is left to send is let go without a word", () => {
  const { bench, queue, open, typesTo } = world();
  queue.remove(GIVEN.wtxid);
  const peer = open();
  assert.deepEqual(typesTo(peer), []);
  assert.deepEqual(bench.dropped(peer), ["private-broadcast-done"]);
});

test("what has been taken back by then is not sent to who asks for it", () => {
  const { bench, queue, open, ask } = world();
  const peer = open();
  queue.remove(GIVEN.wtxid);
  ask(peer, [ITEM]);
  assert.deepEqual(bench.sent(peer, "tx"), []);
  assert.deepEqual(bench.dropped(peer), ["private-broadcast-failed"]);
});
