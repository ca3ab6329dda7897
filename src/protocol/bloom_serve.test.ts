import assert from "node:assert/strict";
import { test } from "node:test";
import { mine } from "../../test/support/fake_chain.ts";
import { unrelated } from "../../test/support/fake_mempool.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { provenMatches } from "../consensus/partial_merkle_tree.ts";
import { REGTEST } from "../params/regtest.ts";
import type { Peer } from "../peer/peer.ts";
import type { Message } from "../wire/message.ts";
import type { FilterLoad } from "../wire/messages/bloom_filter.ts";
import { BloomServe } from "./bloom_serve.ts";

const NONE = new Uint8Array(0);
const EMPTY: FilterLoad = { data: new Uint8Array(1_000), hashFunctions: 10, tweak: 0, flags: 0 };
const LOAD: Message = { type: "filterload", value: EMPTY };
const CLEAR: Message = { type: "filterclear", value: null };

function bench({ peerBloomFilters = true } = {}) {
  const outbox = new ProtocolBench();
  const announcedTo: Peer[] = [];
  const serve = new BloomServe({
    logger: outbox.logger, outbox, announceTo: (peer) => void announcedTo.push(peer),
  }, { peerBloomFilters });
  outbox.protocols.push(serve);
  return { outbox, serve, announcedTo };
}

for (const message of [LOAD, { type: "filteradd", value: { data: NONE } }, CLEAR] as const) {
  test(`${message.type} costs the connection when it is not offered, but not with the permission`, () => {
    const { outbox } = bench({ peerBloomFilters: false });
    const [peer, trusted] = [outbox.open(), outbox.open({ permissions: ["bloomfilter"] })];
    outbox.from(trusted, LOAD);
    for (const each of [peer, trusted]) outbox.from(each, message);
    assert.deepEqual([outbox.dropped(peer), outbox.dropped(trusted)], [["bloom-filter-unserved"], []]);
    assert.ok(outbox.logged(`${message.type} received despite not offering bloom services, disconnecting peer=0`));
  });
}

test("a peer has the filter that it loaded last, until it clears it or leaves", () => {
  const { outbox, serve, announcedTo } = bench();
  const [peer, leaver] = [outbox.open({ features: { relay: false } }), outbox.open()];
  const element = Uint8Array.of(1, 2, 3);
  outbox.from(peer, LOAD);
  outbox.from(peer, { type: "filteradd", value: { data: element } });
  assert.deepEqual([serve.filterOf(peer)?.has(element), serve.filterOf(leaver)], [true, undefined]);
  outbox.from(peer, LOAD);
  assert.equal(serve.filterOf(peer)?.has(element), false);
  outbox.from(peer, CLEAR);
  assert.equal(serve.filterOf(peer), undefined);
  assert.deepEqual(announcedTo, [peer, peer, peer], "whatever it said of that in its version message");
  outbox.from(leaver, LOAD);
  outbox.close(leaver);
  assert.equal(serve.filterOf(leaver), undefined);
});

test("to add to a filter that was not loaded is misbehaviour", () => {
  const { outbox } = bench();
  const peer = outbox.open();
  outbox.from(peer, { type: "filteradd", value: { data: NONE } });
  assert.deepEqual(outbox.happenings.at(-1), { type: "misbehaved", peer: peer.id, what: "bad filteradd message" });
});

test("of a block those transactions are proven and sent that match, in the order that they have", () => {
  const { outbox, serve } = bench();
  const [peer, without] = [outbox.open(), outbox.open()];
  const transactions = Array.from({ length: 6 }, unrelated);
  const block = mine(REGTEST.genesis.header, undefined, transactions);
  const wanted = [transactions[1], transactions[4]].map((each) => each ?? assert.fail());
  outbox.from(peer, LOAD);
  for (const { txid } of wanted) outbox.from(peer, { type: "filteradd", value: { data: txid } });
  for (const each of [peer, without]) serve.sendMatches(each, block);
  const [proof] = outbox.sent(peer, "merkleblock");
  assert.ok(proof !== undefined);
  assert.deepEqual(proof.header.hash, block.header.hash);
  assert.deepEqual(provenMatches(proof)?.txids, wanted.map(({ txid }) => txid));
  assert.deepEqual(outbox.sent(peer, "tx").map(({ transaction }) => transaction.txid), wanted.map(({ txid }) => txid));
  assert.deepEqual(outbox.sent(without, "merkleblock"), []);
});

test("a block of which nothing matches is proven with its root alone", () => {
  const { outbox, serve } = bench();
  const peer = outbox.open();
  outbox.from(peer, LOAD);
  serve.sendMatches(peer, mine(REGTEST.genesis.header, undefined, Array.from({ length: 5 }, unrelated)));
  const [proof] = outbox.sent(peer, "merkleblock");
  assert.deepEqual([proof?.hashes.length, proof?.transactionCount, outbox.sent(peer, "tx")], [1, 6, []]);
});
