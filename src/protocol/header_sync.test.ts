import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, milliseconds, minutes, seconds } from "../base/time.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Peer } from "../peer/peer.ts";
import { hashKey } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { FakeChain, mine, mineChain } from "../../test/support/fake_chain.ts";
import { ProtocolBench, START } from "../../test/support/protocol_bench.ts";
import { MSG_BLOCK } from "../wire/messages/inventory.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import { HeaderSync } from "./header_sync.ts";
import { PeerChainViews } from "./peer_chain_view.ts";

function bench({ minimumChainWork = 0n }: { readonly minimumChainWork?: bigint } = {}) {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const views = new PeerChainViews(chain.headers);
  const told: { readonly peer: Peer; readonly last: BlockId }[] = [];
  const sync = new HeaderSync(
    {
      clock: outbox.clock, logger: outbox.logger, outbox, chain, views,
      headersReceived: (peer, last) => void told.push({ peer, last }),
    },
    { minimumChainWork },
  );
  outbox.protocols.push(sync);
  return { outbox, chain, views, sync, told };
}

function headersOf(blocks: readonly { readonly header: BlockHeader }[]) {
  return { type: "headers", value: { headers: blocks.map(({ header }) => header) } } as const;
}

function inv(...hashes: readonly Uint8Array[]) {
  return { type: "inv", value: { items: hashes.map((hash) => ({ type: MSG_BLOCK, hash })) } } as const;
}

test("one peer is asked for headers while the best header is old, and all once it is recent", () => {
  const { outbox, chain } = bench();
  const peers = [0, 1, 2].map(() => outbox.open({ type: "outbound-full-relay" }));
  outbox.settle();
  assert.deepEqual(peers.map((peer) => outbox.sent(peer, "getheaders").length), [1, 0, 0]);
  assert.ok(outbox.logged("initial getheaders (0) to peer=0"));
  outbox.from(peers[0]!, headersOf([mine(chain.tipHeader, START - 60)]));
  outbox.settle();
  assert.deepEqual(peers.map((peer) => outbox.sent(peer, "getheaders").length), [1, 1, 1]);
});

test("when the one sync peer leaves, another is asked", () => {
  const { outbox } = bench();
  const first = outbox.open({ type: "outbound-full-relay" });
  const second = outbox.open({ type: "outbound-full-relay" });
  outbox.close(first);
  outbox.settle();
  assert.equal(outbox.sent(second, "getheaders").length, 1);
});

test("an inbound peer is synced from only while there is no outbound one", () => {
  const { outbox } = bench();
  const outbound = outbox.open({ type: "manual" });
  outbox.close(outbound);
  const inbound = outbox.open();
  outbox.settle();
  assert.equal(outbox.sent(inbound, "getheaders").length, 1);
});

test("neither an address fetcher nor a peer without blocks is asked for headers", () => {
  const { outbox } = bench();
  const fetcher = outbox.open({ type: "addr-fetch" });
  const light = outbox.open({ features: { services: 0n } });
  outbox.settle();
  assert.deepEqual([fetcher, light].map((peer) => outbox.sent(peer, "getheaders").length), [0, 0]);
});

test("each newly announced block adds at most one peer to an old sync, and no peer twice", () => {
  const { outbox, chain } = bench();
  const [first, ...others] = [0, 1, 2].map(() => outbox.open({ type: "outbound-full-relay" }));
  const blocks = mineChain(chain.tipHeader, 2);
  for (const peer of others) outbox.from(peer, inv(blocks[0]!.hash));
  assert.deepEqual(others.map((peer) => outbox.sent(peer, "getheaders").length), [1, 0]);
  outbox.from(others[0]!, inv(blocks[1]!.hash));
  outbox.from(others[1]!, inv(blocks[1]!.hash));
  assert.deepEqual(others.map((peer) => outbox.sent(peer, "getheaders").length), [1, 1]);
  assert.equal(outbox.sent(first!, "getheaders").length, 1);
});

test("a full message of headers is followed by a request for more, a shorter one is not", () => {
  const { outbox, chain } = bench();
  const peer = outbox.open({ type: "outbound-full-relay" });
  const blocks = mineChain(chain.tipHeader, 2_010);
  outbox.from(peer, headersOf(blocks.slice(0, 2_000)));
  const asked = outbox.sent(peer, "getheaders");
  assert.equal(asked.length, 2);
  assert.deepEqual(asked[1]!.locator[0], blocks[1_999]!.hash);
  outbox.from(peer, headersOf(blocks.slice(2_000)));
  assert.equal(outbox.sent(peer, "getheaders").length, 2);
  assert.equal(chain.headers.height(chain.bestHeader), 2_010);
});

test("headers that do not connect are asked for from our best header on, once within two minutes", () => {
  const { outbox, chain, views } = bench();
  chain.have([mine(chain.tipHeader, START - 60)]);
  const peer = outbox.open({ type: "outbound-full-relay" });
  outbox.from(peer, { type: "headers", value: { headers: [] } });
  const blocks = mineChain(chain.tipHeader, 3);
  outbox.forget();
  outbox.from(peer, headersOf(blocks.slice(2)));
  outbox.from(peer, headersOf(blocks.slice(2)));
  assert.equal(outbox.sent(peer, "getheaders").length, 1);
  assert.ok(outbox.logged("missing prev block"));
  assert.equal(views.of(peer).bestKnown, undefined);
  outbox.from(peer, headersOf(blocks.slice(0, 2)));
  chain.addHeaders([blocks[2]!.header]);
  assert.equal(views.of(peer).bestKnown, chain.headers.find(blocks[2]!.hash));
});

test("headers that do not follow one another are misbehaviour", () => {
  const { outbox, chain } = bench();
  const peer = outbox.open();
  outbox.from(peer, headersOf([mine(chain.tipHeader), mine(chain.tipHeader)]));
  assert.deepEqual(outbox.misbehaved(peer), ["non-continuous headers sequence"]);
});

test("a header without its work is misbehaviour, whether it connects or not", () => {
  const { outbox, chain } = bench();
  const good = mine(chain.tipHeader).header;
  for (const previous of [good.previous, good.hash]) {
    const peer = outbox.open();
    let header = good;
    for (let nonce = 0; (header.hash[31] as number) < 0x80; nonce++) {
      header = BlockHeader.of({ ...fields(good), previous, nonce });
    }
    outbox.from(peer, { type: "headers", value: { headers: [header] } });
    assert.deepEqual(outbox.misbehaved(peer), ["header with invalid proof of work"]);
  }
});

function fields({ version, previous, merkleRoot, time, bits, nonce }: BlockHeader) {
  return { version, previous, merkleRoot, time, bits, nonce };
}

test("a header that breaks a rule is misbehaviour, unless it is only early", () => {
  const cases = [["bad-diffbits", ["invalid header received"]], ["time-too-new", []]] as const;
  for (const [rule, expected] of cases) {
    const { outbox, chain } = bench();
    const peer = outbox.open();
    const block = mine(chain.tipHeader);
    chain.invalidHeaders.set(hashKey(block.hash), { rule, detail: "" });
    outbox.from(peer, headersOf([block]));
    assert.deepEqual(outbox.misbehaved(peer), expected);
  }
});

test("a short chain with little work is not kept, a long one is on its way up", () => {
  const { outbox, chain } = bench({ minimumChainWork: 10_000n });
  const peer = outbox.open();
  const blocks = mineChain(chain.tipHeader, 2_000);
  outbox.from(peer, headersOf(blocks.slice(0, 1_999)));
  assert.ok(outbox.logged("Ignoring low-work chain (height=1999) from peer=0"));
  assert.equal(chain.headers.size, 1);
  outbox.from(peer, headersOf(blocks));
  assert.equal(chain.headers.size, 2_001);
});

test("an outbound peer whose whole chain has too little work is dropped while we catch up", () => {
  const { outbox, chain } = bench({ minimumChainWork: 100_000n });
  chain.isInitialBlockDownload = true;
  const peer = outbox.open({ type: "outbound-full-relay", permissions: ["noban"] });
  outbox.from(peer, headersOf(mineChain(chain.tipHeader, 3)));
  assert.deepEqual(outbox.dropped(peer), ["insufficient-work"]);
});

test("a sync peer that is too slow is dropped, unless it is trusted or there is no other", () => {
  const expected = minutes(15) + (START - 1_296_688_602) / 600;
  const cases = [[[], 1, true], [["noban"], 1, false], [[], 0, false]] as const;
  for (const [permissions, others, isDropped] of cases) {
    const { outbox } = bench();
    const peer = outbox.open({ type: "manual", permissions });
    for (let i = 0; i < others; i++) outbox.open({ type: "manual" });
    outbox.advance(milliseconds(expected - 1));
    assert.deepEqual(outbox.dropped(peer), []);
    outbox.advance(seconds(1));
    assert.deepEqual(outbox.dropped(peer), isDropped ? ["headers-timeout"] : []);
    const wasSpared = outbox.logged("Timeout downloading headers from noban peer, not disconnecting peer=0");
    assert.equal(wasSpared, permissions.length > 0);
  }
});

test("sendheaders goes out once, when the peer's chain is known to be a good one", () => {
  const { outbox, chain } = bench();
  const peer = outbox.open();
  assert.equal(outbox.sent(peer, "sendheaders").length, 0);
  const blocks = mineChain(chain.tipHeader, 2);
  outbox.from(peer, headersOf(blocks.slice(0, 1)));
  outbox.from(peer, headersOf(blocks.slice(1)));
  assert.equal(outbox.sent(peer, "sendheaders").length, 1);
});

test("an outbound peer that stays behind our tip is asked once more and dropped, unless protected", () => {
  const { outbox, chain, sync } = bench();
  const blocks = mineChain(chain.tipHeader, 3, START - 60);
  chain.have(blocks);
  const peers = [0, 1, 2, 3, 4].map(() => outbox.open({ type: "outbound-full-relay" }));
  for (const peer of peers.slice(0, 4)) outbox.from(peer, headersOf(blocks));
  assert.deepEqual(peers.map((peer) => sync.isProtected(peer)), [true, true, true, true, false]);
  outbox.advance(minutes(19));
  outbox.forget();
  outbox.advance(minutes(2));
  assert.equal(outbox.sent(peers[4]!, "getheaders").length, 1);
  outbox.advance(minutes(3));
  assert.deepEqual(peers.map((peer) => outbox.dropped(peer)), [[], [], [], [], ["old-chain"]]);
});

test("what a peer announces and what is learnt of it elsewhere make its best known block", () => {
  const { outbox, chain, sync } = bench();
  const peer = outbox.open({ features: { services: NODE_NETWORK | NODE_WITNESS } });
  const [block] = mineChain(chain.tipHeader, 1);
  outbox.from(peer, inv(block!.hash));
  assert.equal(sync.syncedHeaders(peer), -1);
  chain.addHeaders([block!.header]);
  assert.equal(sync.syncedHeaders(peer), 1);
});

test("headers that were taken are told to the block download, with the last one", () => {
  const { outbox, chain, told } = bench();
  const peer = outbox.open();
  const blocks = mineChain(chain.tipHeader, 3);
  outbox.from(peer, headersOf(blocks));
  assert.deepEqual(told, [{ peer, last: chain.headers.find(blocks[2]!.hash) }]);
});

test("nothing is left to wake for once all peers have gone", () => {
  const { outbox, sync } = bench();
  const peers = [0, 1].map(() => outbox.open({ type: "outbound-full-relay" }));
  for (const peer of peers) outbox.close(peer);
  outbox.settle();
  outbox.advance(hours(1));
  assert.equal(sync.wakeAt(), undefined);
});
