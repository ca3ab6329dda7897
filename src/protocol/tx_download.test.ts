import assert from "node:assert/strict";
import { test } from "node:test";
import { WITHOUT_NOTHING } from "../base/defences.ts";
import { seededRng } from "../base/rng.ts";
import { milliseconds, minutes, seconds } from "../base/time.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { MempoolEntry } from "../mempool/mempool.ts";
import type { Peer } from "../peer/peer.ts";
import { REGTEST } from "../params/regtest.ts";
import { hashKey } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { mine } from "../../test/support/fake_chain.ts";
import { FakeMempool, unrelated } from "../../test/support/fake_mempool.ts";
import { output, spend } from "../../test/support/mempool_harness.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { MSG_TX, MSG_WITNESS_TX, MSG_WTX } from "../wire/messages/inventory.ts";
import { TX_ANNOUNCEMENTS_MAX } from "./announcement_limits.ts";
import { PARENTS_PER_MESSAGE_MAX } from "./orphan_intake.ts";
import { TxDownload } from "./tx_download.ts";

function bench({ blocksOnly = false, localPeers = false } = {}) {
  const outbox = new ProtocolBench();
  const mempool = new FakeMempool();
  const chain = { isInitialBlockDownload: false };
  const known: { readonly peer: Peer; readonly hash: Uint8Array }[] = [];
  const forced: MempoolEntry[] = [];
  const refused: (readonly [wtxid: string, rule: string, peer: number])[] = [];
  const download = new TxDownload({
    clock: outbox.clock, rng: seededRng(1), logger: outbox.logger, outbox, chain, mempool,
    without: WITHOUT_NOTHING,
    announce: {
      addKnown: (peer, hash) => void known.push({ peer, hash }),
      transactionAccepted: (entry) => void forced.push(entry),
    },
    transactionRejected: ({ wtxid }, { rule }, { id }) => void refused.push([hashKey(wtxid), rule, id]),
  }, { blocksOnly, localPeers });
  mempool.accepted = (entry) => download.transactionAccepted(entry);
  outbox.protocols.push(download);
  const announce = (peer: Peer, { wtxid }: Transaction): void => {
    outbox.from(peer, { type: "inv", value: { items: [{ type: MSG_WTX, hash: wtxid }] } });
  };
  const send = (peer: Peer, transaction: Transaction): void => {
    outbox.from(peer, { type: "tx", value: { transaction } });
  };
  const asked = (peer: Peer) => outbox.sent(peer, "getdata").flatMap(({ items }) => items);
  return { outbox, mempool, chain, known, forced, refused, download, announce, send, asked };
}

const outbound = { type: "outbound-full-relay" } as const;

/** A transaction and one that spends it, of which the mempool knows that its parent is missing. */
function family(mempool: FakeMempool) {
  const parent = unrelated();
  const child = spend([output(parent)], 5_000);
  mempool.missing.set(hashKey(child.txid), [output(parent)]);
  return { parent, child };
}

test("an outbound peer is asked at once, an inbound one after 2 s", () => {
  const { outbox, announce, asked } = bench();
  const [out, inbound] = [outbox.open(outbound), outbox.open()];
  const [one, other] = [unrelated(), unrelated()];
  announce(out, one);
  announce(inbound, other);
  assert.deepEqual(asked(out), [{ type: MSG_WTX, hash: one.wtxid }]);
  outbox.advance(milliseconds(1_999));
  assert.deepEqual(asked(inbound), []);
  outbox.advance(milliseconds(1));
  assert.deepEqual(asked(inbound), [{ type: MSG_WTX, hash: other.wtxid }]);
});

test("what was announced by txid is asked for by it, with witness; later while there are wtxid peers", () => {
  const { outbox, asked } = bench();
  const peer = outbox.open({ ...outbound, features: { wtxidRelay: false } });
  const inv = ({ txid }: Transaction): void => {
    outbox.from(peer, { type: "inv", value: { items: [{ type: MSG_TX, hash: txid }] } });
  };
  const [one, other] = [unrelated(), unrelated()];
  inv(one);
  assert.deepEqual(asked(peer), [{ type: MSG_WITNESS_TX, hash: one.txid }]);
  outbox.open();
  inv(other);
  assert.equal(asked(peer).length, 1);
  outbox.advance(seconds(2));
  assert.deepEqual(asked(peer)[1], { type: MSG_WITNESS_TX, hash: other.txid });
});

test("an announcement of the kind that was not agreed is ignored", () => {
  const { outbox, asked } = bench();
  const peer = outbox.open(outbound);
  outbox.from(peer, { type: "inv", value: { items: [{ type: MSG_TX, hash: unrelated().txid }] } });
  outbox.advance(minutes(1));
  assert.deepEqual(asked(peer), []);
});

test("when a peer has it not, or does not answer for 60 s, the next is asked", () => {
  const { outbox, announce, asked } = bench();
  const peers = [0, 1, 2].map(() => outbox.open(outbound));
  const transaction = unrelated();
  for (const peer of peers) announce(peer, transaction);
  assert.deepEqual(peers.map((peer) => asked(peer).length), [1, 0, 0]);
  const missing = { type: MSG_WTX, hash: transaction.wtxid };
  outbox.from(peers[0]!, { type: "notfound", value: { items: [missing] } });
  outbox.settle();
  assert.equal(peers.filter((peer) => asked(peer).length > 0).length, 2);
  outbox.advance(milliseconds(58_000));
  assert.equal(peers.filter((peer) => asked(peer).length > 0).length, 2);
  outbox.advance(seconds(2));
  assert.deepEqual(peers.map((peer) => asked(peer).length), [1, 1, 1]);
  assert.ok(outbox.logged("timeout of inflight wtx"));
});

test("a peer that leaves is replaced by another that announced the same", () => {
  const { outbox, announce, asked } = bench();
  const [first, second] = [outbox.open(outbound), outbox.open(outbound)];
  const transaction = unrelated();
  announce(first, transaction);
  announce(second, transaction);
  outbox.close(first);
  outbox.settle();
  assert.equal(asked(second).length, 1);
});

test("what is here, was refused since the last block, or is in a recent one is not asked for", () => {
  const { outbox, mempool, download, announce, send, asked } = bench();
  const peer = outbox.open(outbound);
  const [here, refused, confirmed] = [unrelated(), unrelated(), unrelated()];
  mempool.add(here);
  mempool.rejected.set(hashKey(refused.txid), "dust");
  send(peer, refused);
  assert.ok(outbox.logged("from peer=0 was not accepted: dust"));
  const block = mine(REGTEST.genesis.header, undefined, [confirmed]);
  download.blockConnected({ type: "block-connected", id: 1 as BlockId, block, spent: [], source: undefined });
  for (const each of [here, refused, confirmed]) announce(peer, each);
  outbox.settle();
  assert.deepEqual(asked(peer), []);
  download.tipChanged();
  announce(peer, refused);
  outbox.settle();
  assert.deepEqual(asked(peer), [{ type: MSG_WTX, hash: refused.wtxid }]);
});

test("a peer is parked while its transaction is looked at, and no longer", () => {
  const { outbox, mempool, send } = bench();
  const peer = outbox.open();
  const transaction = unrelated();
  mempool.isSlow = true;
  send(peer, transaction);
  assert.ok(outbox.parked.has(peer.id));
  mempool.settle();
  assert.ok(!outbox.parked.has(peer.id));
  assert.equal(peer.stats.lastTransactionAt, outbox.clock.now());
  mempool.isSlow = false;
  outbox.forget();
  send(peer, unrelated());
  assert.deepEqual(outbox.happenings, []);
});

test("what is refused is told of with who sent it, and whose a transaction is while it is looked at", () => {
  const { outbox, mempool, refused, download, send } = bench();
  const peer = outbox.open();
  const [bad, good] = [unrelated(), unrelated()];
  mempool.rejected.set(hashKey(bad.txid), "dust");
  mempool.isSlow = true;
  send(peer, bad);
  assert.equal(download.sourceOf(bad), peer.id);
  mempool.settle();
  assert.equal(download.sourceOf(bad), undefined);
  assert.deepEqual(refused, [[hashKey(bad.wtxid), "dust", peer.id]]);
  send(peer, good);
  mempool.settle();
  assert.equal(refused.length, 1);
});

test("blocks of the initial download are not remembered: their transactions can be asked for afterwards", () => {
  const { outbox, chain, download, announce, asked } = bench();
  const peer = outbox.open(outbound);
  const transaction = unrelated();
  chain.isInitialBlockDownload = true;
  const block = mine(REGTEST.genesis.header, undefined, [transaction]);
  download.blockConnected({ type: "block-connected", id: 1 as BlockId, block, spent: [], source: undefined });
  chain.isInitialBlockDownload = false;
  announce(peer, transaction);
  assert.deepEqual(asked(peer), [{ type: MSG_WTX, hash: transaction.wtxid }]);
});

test("a verdict after its peer has gone unparks nobody", () => {
  const { outbox, mempool, send } = bench();
  const peer = outbox.open();
  mempool.isSlow = true;
  send(peer, unrelated());
  outbox.close(peer);
  outbox.forget();
  mempool.settle();
  assert.deepEqual(outbox.happenings, []);
});

test("what the mempool is looking at is not asked for again", () => {
  const { outbox, mempool, announce, send, asked } = bench();
  const [first, second] = [outbox.open(outbound), outbox.open(outbound)];
  const transaction = unrelated();
  mempool.isSlow = true;
  send(first, transaction);
  announce(second, transaction);
  outbox.settle();
  assert.deepEqual(asked(second), []);
});

test("a peer's orphans go with it", () => {
  const { outbox, mempool, download, send } = bench();
  const peer = outbox.open();
  send(peer, family(mempool).child);
  assert.equal([...download.orphans].length, 1);
  outbox.close(peer);
  assert.equal([...download.orphans].length, 0);
});

test("while we catch up, transactions are neither noted nor looked at, but who has them is", () => {
  const { outbox, mempool, chain, known, announce, send, asked } = bench();
  chain.isInitialBlockDownload = true;
  const peer = outbox.open(outbound);
  const transaction = unrelated();
  announce(peer, transaction);
  send(peer, unrelated());
  outbox.advance(minutes(1));
  assert.deepEqual([asked(peer), mempool.submitted, known.length], [[], [], 1]);
});

test("transactions where none are to be sent cost the connection, unless it may relay", () => {
  for (const message of ["inv", "tx"] as const) {
    const { outbox, announce, send } = bench({ blocksOnly: true });
    const [stranger, friend] = [outbox.open(), outbox.open({ permissions: ["relay"] })];
    const say = message === "inv" ? announce : send;
    for (const peer of [stranger, friend]) say(peer, unrelated());
    assert.deepEqual([stranger, friend].map((peer) => outbox.dropped(peer)), [["transaction-unwanted"], []]);
    assert.ok(outbox.logged("sent in violation of protocol, disconnecting peer=0"));
  }
  const { outbox, send } = bench();
  const peer = outbox.open({ type: "block-relay-only" });
  send(peer, unrelated());
  assert.deepEqual(outbox.dropped(peer), ["transaction-unwanted"]);
});

test("the missing parent is asked of who sent the child, and with it the child is taken", () => {
  const { outbox, mempool, download, send, asked } = bench();
  const peer = outbox.open(outbound);
  const { parent, child } = family(mempool);
  send(peer, child);
  outbox.advance(seconds(2));
  assert.deepEqual(asked(peer), [{ type: MSG_WITNESS_TX, hash: parent.txid }]);
  assert.equal([...download.orphans].length, 1);
  send(peer, parent);
  outbox.settle();
  assert.notEqual(mempool.get(child.txid), undefined);
  assert.equal([...download.orphans].length, 0);
});

test("others who announced the child are asked for the parent too, when the first has it not", () => {
  const { outbox, mempool, announce, send, asked } = bench();
  const [first, second] = [outbox.open(outbound), outbox.open(outbound)];
  const { parent, child } = family(mempool);
  announce(first, child);
  announce(second, child);
  send(first, child);
  outbox.advance(seconds(2));
  const wasAsked = (peer: Peer): boolean => {
    return asked(peer).some(({ hash }) => hashKey(hash) === hashKey(parent.txid));
  };
  const [one] = [first, second].filter(wasAsked);
  outbox.from(one!, { type: "notfound", value: { items: [{ type: MSG_WITNESS_TX, hash: parent.txid }] } });
  outbox.settle();
  assert.deepEqual([first, second].map(wasAsked), [true, true]);
});

test("an orphan is asked about of whoever announces it later, and outlives who sent it", () => {
  const { outbox, mempool, download, announce, send, asked } = bench();
  const [first, second] = [outbox.open(outbound), outbox.open(outbound)];
  const { parent, child } = family(mempool);
  send(first, child);
  announce(second, child);
  assert.deepEqual([...download.orphans].map(({ announcers }) => [...announcers]), [[first.id, second.id]]);
  outbox.close(first);
  outbox.advance(seconds(3));
  assert.deepEqual(asked(second), [{ type: MSG_WITNESS_TX, hash: parent.txid }]);
  send(second, parent);
  outbox.settle();
  assert.notEqual(mempool.get(child.txid), undefined);
});

test("orphans with very many parents that one message announces again are not all looked up", () => {
  const { outbox, mempool, download, send } = bench();
  const [first, second] = [outbox.open(outbound), outbox.open(outbound)];
  const children = Array.from({ length: 30 }, () => {
    const prevouts = Array.from({ length: 50 }, () => output(unrelated()));
    const child = spend(prevouts, 5_000);
    mempool.missing.set(hashKey(child.txid), prevouts);
    send(first, child);
    return child;
  });
  const items = children.map(({ wtxid }) => ({ type: MSG_WTX, hash: wtxid }));
  outbox.from(second, { type: "inv", value: { items } });
  const joined = [...download.orphans].filter(({ announcers }) => announcers.has(second.id));
  assert.equal(joined.length, PARENTS_PER_MESSAGE_MAX / 50);
});

test("a transaction without room for its parents among the announcements of its sender is not kept", () => {
  const { outbox, mempool, download, send } = bench();
  const peer = outbox.open();
  const items = Array.from({ length: TX_ANNOUNCEMENTS_MAX }, (_, index) => {
    return { type: MSG_WTX, hash: Uint8Array.of(index, index >> 8, ...new Uint8Array(30)) };
  });
  outbox.from(peer, { type: "inv", value: { items } });
  send(peer, family(mempool).child);
  assert.equal([...download.orphans].length, 0);
});

test("an answer to nothing wakes nobody", () => {
  const { outbox, download, announce } = bench();
  const [idle, other] = [outbox.open(outbound), outbox.open()];
  announce(other, unrelated());
  const before = download.wakeAt();
  assert.ok(before !== undefined && before > outbox.clock.now());
  const missing = { type: MSG_WTX, hash: unrelated().wtxid };
  for (const items of [[], [missing]]) outbox.from(idle, { type: "notfound", value: { items } });
  outbox.from(idle, { type: "tx", value: { transaction: unrelated() } });
  assert.equal(download.wakeAt(), before);
});

test("a long chain that came in the wrong order is taken as a whole", () => {
  const { outbox, mempool, send } = bench();
  const peer = outbox.open(outbound);
  const chain = [unrelated()];
  for (let i = 0; i < 24; i++) {
    const child = spend([output(chain.at(-1)!)], 1_000 - i);
    mempool.missing.set(hashKey(child.txid), [output(chain.at(-1)!)]);
    chain.push(child);
  }
  for (const transaction of chain.toReversed()) send(peer, transaction);
  outbox.settle();
  assert.equal(mempool.size, chain.length);
});

test("a child of a refused parent is not kept", () => {
  const { outbox, mempool, download, send } = bench();
  const peer = outbox.open();
  const { parent, child } = family(mempool);
  mempool.rejected.set(hashKey(parent.txid), "dust");
  send(peer, parent);
  send(peer, child);
  assert.equal([...download.orphans].length, 0);
  assert.ok(outbox.logged("not keeping orphan with rejected parents"));
});

test("a peer is parked until its orphans have been tried again, and no longer", () => {
  const { outbox, mempool, download, send } = bench();
  const [peer, other] = [outbox.open(outbound), outbox.open(outbound)];
  const [one, gone] = [family(mempool), family(mempool)];
  for (const { child } of [one, gone]) send(peer, child);
  send(other, one.parent);
  assert.deepEqual([...outbox.parked], [peer.id]);
  mempool.isSlow = true;
  outbox.settle();
  assert.ok(outbox.parked.has(peer.id));
  mempool.settle();
  assert.ok(!outbox.parked.has(peer.id));
  mempool.isSlow = false;
  send(other, gone.parent);
  assert.ok(outbox.parked.has(peer.id));
  const block = mine(REGTEST.genesis.header, undefined, [gone.child]);
  download.blockConnected({ type: "block-connected", id: 1 as BlockId, block, spent: [], source: undefined });
  outbox.settle();
  assert.ok(!outbox.parked.has(peer.id), "though none is left to be tried");
});

test("a parent that was refused for want of its witness may come again with it: its child is kept", () => {
  const { outbox, mempool, download, send, asked } = bench();
  const peer = outbox.open(outbound);
  const { parent, child } = family(mempool);
  mempool.rejected.set(hashKey(parent.txid), "mempool-script-verify-flag-failed");
  mempool.stripped.add(hashKey(parent.txid));
  send(peer, parent);
  send(peer, child);
  assert.equal([...download.orphans].length, 1);
  outbox.advance(seconds(2));
  assert.deepEqual(asked(peer), [{ type: MSG_WITNESS_TX, hash: parent.txid }]);
});

test("a block takes out the orphans that it includes or conflicts with, and brings parents", () => {
  const { outbox, mempool, download, send } = bench();
  const peer = outbox.open();
  const [included, conflicted, waiting] = [family(mempool), family(mempool), family(mempool)];
  for (const { child } of [included, conflicted, waiting]) send(peer, child);
  const rival = spend([output(conflicted.parent)], 1);
  mempool.missing.delete(hashKey(waiting.child.txid));
  const block = mine(REGTEST.genesis.header, undefined, [included.child, rival, waiting.parent]);
  download.blockConnected({ type: "block-connected", id: 1 as BlockId, block, spent: [], source: undefined });
  assert.ok(outbox.logged("Erased 2 orphan transaction(s) included or conflicted by block"));
  outbox.settle();
  assert.notEqual(mempool.get(waiting.child.txid), undefined);
  assert.equal([...download.orphans].length, 0);
});

test("a gateway's transaction that is here already is announced again, one that is not is not", () => {
  const { outbox, mempool, forced, send } = bench();
  const peer = outbox.open({ permissions: ["forcerelay", "relay"] });
  const [here, refused] = [unrelated(), unrelated()];
  const entry = mempool.add(here);
  mempool.rejected.set(hashKey(refused.txid), "dust");
  send(peer, refused);
  send(peer, refused);
  send(peer, here);
  assert.deepEqual(forced, [entry]);
  assert.ok(outbox.logged("Not relaying non-mempool transaction"));
  assert.ok(outbox.logged("Force relaying tx"));
});

test("of one peer no more than 5,000 announcements are noted, unless it may relay", () => {
  const cases = [[[], TX_ANNOUNCEMENTS_MAX], [["relay"], TX_ANNOUNCEMENTS_MAX + 50]] as const;
  for (const [permissions, expected] of cases) {
    const { outbox, asked } = bench();
    const peer = outbox.open({ permissions });
    const items = Array.from({ length: TX_ANNOUNCEMENTS_MAX + 50 }, (_, index) => {
      const hash = new Uint8Array(32);
      new DataView(hash.buffer).setUint32(0, index + 1);
      return { type: MSG_WTX, hash };
    });
    outbox.from(peer, { type: "inv", value: { items } });
    outbox.advance(seconds(3));
    assert.equal(asked(peer).length, expected);
    assert.ok(outbox.sent(peer, "getdata").every((each) => each.items.length <= 1_000));
  }
});
