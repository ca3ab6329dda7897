import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import { milliseconds, minutes, seconds } from "../base/time.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Peer, PeerFeatures } from "../peer/peer.ts";
import { hashKey, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { mine } from "../../test/support/fake_chain.ts";
import { FakeMempool, unrelated } from "../../test/support/fake_mempool.ts";
import { output, spend } from "../../test/support/mempool_harness.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { REGTEST } from "../params/regtest.ts";
import { MSG_TX, MSG_WTX } from "../wire/messages/inventory.ts";
import { TxAnnounce } from "./tx_announce.ts";

function bench({ localPeers = false, seed = 1 } = {}) {
  const outbox = new ProtocolBench();
  const mempool = new FakeMempool();
  /** They have a filter, which has `wanted` only. */
  const deaf = new Set<Peer>();
  const wanted = new Set<Txid>();
  const announce = new TxAnnounce(
    {
      clock: outbox.clock, rng: seededRng(seed), logger: outbox.logger, outbox, mempool,
      concerns: (peer, { txid }) => !deaf.has(peer) || wanted.has(txid),
    },
    { localPeers },
  );
  mempool.accepted = (entry) => announce.transactionAccepted(entry);
  outbox.protocols.push(announce);
  const told = (peer: Peer) => outbox.sent(peer, "inv").flatMap(({ items }) => items);
  const find = (peer: Peer, { wtxid }: Transaction) => announce.find(peer, { type: MSG_WTX, hash: wtxid });
  return { outbox, mempool, announce, told, find, deaf, wanted };
}

const byTxid: Partial<PeerFeatures> = { wtxidRelay: false };

test("a transaction is told by wtxid or by txid, as was agreed, once", () => {
  const { outbox, mempool, told } = bench();
  const [modern, old] = [outbox.open(), outbox.open({ features: byTxid })];
  const transaction = unrelated();
  mempool.add(transaction);
  outbox.advance(minutes(2));
  assert.deepEqual(told(modern), [{ type: MSG_WTX, hash: transaction.wtxid }]);
  assert.deepEqual(told(old), [{ type: MSG_TX, hash: transaction.txid }]);
});

test("no one is told who has it, wants none, or is on a connection for blocks only", () => {
  const { outbox, mempool, announce, told } = bench();
  const peers = [
    outbox.open(), outbox.open({ features: { relay: false } }), outbox.open({ type: "block-relay-only" }),
  ];
  const transaction = unrelated();
  announce.addKnown(peers[0]!, transaction.wtxid);
  mempool.add(transaction);
  outbox.advance(minutes(2));
  assert.deepEqual(peers.map(told), [[], [], []]);
});

test("who has a filter is told of what concerns it, at once and of the whole mempool, and may ask for the rest", () => {
  const { outbox, mempool, announce, told, find, deaf, wanted } = bench();
  const peer = outbox.open({ features: { relay: false } });
  announce.announceTo(peer);
  deaf.add(peer);
  const [one, other] = [unrelated(), unrelated()];
  wanted.add(one.txid);
  for (const transaction of [one, other]) mempool.add(transaction);
  outbox.advance(minutes(2));
  announce.announceAll(peer);
  outbox.advance(minutes(2));
  assert.deepEqual(told(peer).map(({ hash }) => hash), [one.wtxid, one.wtxid]);
  assert.equal(find(peer, other), other);
  const forBlocks = outbox.open({ type: "block-relay-only" });
  announce.announceTo(forBlocks);
  assert.equal(announce.isRelaying(forBlocks), false);
});

test("who tells us of it while it waits is not told, nor is anyone of what has left the mempool", () => {
  const { outbox, mempool, announce, told } = bench();
  const [first, second] = [outbox.open(), outbox.open()];
  const [one, other] = [unrelated(), unrelated()];
  mempool.add(one);
  mempool.add(other);
  announce.addKnown(first, one.wtxid);
  mempool.remove(other);
  outbox.advance(minutes(2));
  assert.deepEqual([told(first), told(second).map(({ hash }) => hash)], [[], [one.wtxid]]);
});

test("inbound peers are told at one moment, 5 s off on average; outbound peers each at its own, 2 s", () => {
  const waits = { inbound: 0, outbound: 0 };
  const runs = 200;
  for (let seed = 0; seed < runs; seed++) {
    const { outbox, mempool, told } = bench({ seed });
    const [a, b, out] = [outbox.open(), outbox.open(), outbox.open({ type: "outbound-full-relay" })];
    mempool.add(unrelated());
    while (told(a!).length === 0 || told(out!).length === 0) {
      assert.equal(told(a!).length, told(b!).length);
      if (told(a!).length === 0) waits.inbound += 0.05;
      if (told(out!).length === 0) waits.outbound += 0.05;
      outbox.advance(milliseconds(50));
    }
  }
  assert.ok(Math.abs(waits.inbound / runs - 5) < 1.2, `${waits.inbound / runs} s`);
  assert.ok(Math.abs(waits.outbound / runs - 2) < 0.6, `${waits.outbound / runs} s`);
});

test("between nodes on one machine the wait is a tenth of a second, and for trusted peers none", () => {
  const local = bench({ localPeers: true });
  const peer = local.outbox.open();
  local.mempool.add(unrelated());
  local.outbox.advance(seconds(1));
  assert.equal(local.told(peer).length, 1);
  const { outbox, mempool, told } = bench();
  const trusted = outbox.open({ permissions: ["noban"] });
  mempool.add(unrelated());
  outbox.wake();
  assert.equal(told(trusted).length, 1);
});

test("parents are told before children, and otherwise the better paid first", () => {
  const { outbox, mempool, told } = bench();
  const peer = outbox.open();
  const [cheap, dear] = [unrelated(), unrelated()];
  const child = spend([output(cheap)], 5_000);
  mempool.add(cheap, 100);
  mempool.add(child, 9_000);
  mempool.add(dear, 5_000);
  outbox.advance(minutes(2));
  const order = told(peer).map(({ hash }) => hashKey(hash));
  assert.deepEqual(order, [dear, cheap, child].map(({ wtxid }) => hashKey(wtxid)));
});

test("a peer's fee filter holds back what pays less, and a fee filter that is no amount is ignored", () => {
  const { outbox, mempool, told } = bench();
  const peer = outbox.open();
  outbox.from(peer, { type: "feefilter", value: { feeRate: 10_000n } });
  outbox.from(peer, { type: "feefilter", value: { feeRate: -1n } });
  const [cheap, dear] = [unrelated(), unrelated()];
  const floor = Math.ceil((10_000 * dear.vsize) / 1000);
  mempool.add(cheap, floor - 1);
  mempool.add(dear, floor);
  outbox.advance(minutes(2));
  assert.deepEqual(told(peer).map(({ hash }) => hash), [dear.wtxid]);
});

test("a flood is told in batches", () => {
  const { outbox, mempool, told } = bench();
  const peer = outbox.open({ type: "outbound-full-relay" });
  for (let i = 0; i < 300; i++) mempool.add(unrelated());
  outbox.advance(minutes(2));
  const sizes = outbox.sent(peer, "inv").map(({ items }) => items.length);
  assert.equal(told(peer).length, 300);
  assert.ok(Math.max(...sizes) <= 70, `${sizes}`);
});

test("a peer may ask for what was there at its last moment to be told, and not for what came after", () => {
  const { outbox, mempool, find } = bench();
  const before = unrelated();
  mempool.add(before);
  const peer = outbox.open();
  assert.equal(find(peer, before), before);
  const after = unrelated();
  mempool.add(after);
  assert.equal(find(peer, after), undefined);
  outbox.advance(minutes(2));
  assert.equal(find(peer, after), after);
});

test("a moment to be told that passed unnoticed does not give away what came after it", () => {
  const { outbox, mempool, find } = bench();
  const peer = outbox.open();
  outbox.clock.advance(minutes(2));
  const transaction = unrelated();
  mempool.add(transaction);
  assert.equal(find(peer, transaction), undefined);
});

test("what a peer has itself it may ask for only after the next moment to be told", () => {
  const { outbox, mempool, announce, find } = bench();
  const peer = outbox.open();
  const transaction = unrelated();
  announce.addKnown(peer, transaction.wtxid);
  mempool.add(transaction);
  assert.equal(find(peer, transaction), undefined);
  outbox.advance(minutes(2));
  assert.equal(find(peer, transaction), transaction);
});

test("transactions of the last block can still be asked for, of the one before no longer", () => {
  const { outbox, announce, find } = bench();
  const peer = outbox.open();
  const transaction = unrelated();
  const genesis = REGTEST.genesis.header;
  const event = { type: "block-connected", id: 1 as BlockId, spent: [], source: undefined } as const;
  announce.blockConnected({ ...event, block: mine(genesis, undefined, [transaction]) });
  assert.equal(find(peer, transaction), transaction);
  announce.blockConnected({ ...event, block: mine(genesis) });
  assert.equal(find(peer, transaction), undefined);
});

test("a peer that asks for the mempool is told of all of it, at its next moment", () => {
  const { outbox, mempool, announce, told } = bench();
  for (let i = 0; i < 100; i++) mempool.add(unrelated());
  const [asking, other] = [outbox.open(), outbox.open()];
  announce.announceAll(asking);
  outbox.advance(minutes(2));
  assert.deepEqual([told(asking).length, told(other).length], [100, 0]);
});
