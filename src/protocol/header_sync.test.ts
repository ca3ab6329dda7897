import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, minutes } from "../base/time.ts";
import { hashKey } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { mine, mineChain } from "../../test/support/fake_chain.ts";
import { blockInv, headerBench, headersOf } from "../../test/support/header_bench.ts";
import { START } from "../../test/support/protocol_bench.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";

test("each newly announced block adds at most one peer to an old sync, and no peer twice", () => {
  const { outbox, chain } = headerBench();
  const [first, ...others] = [0, 1, 2].map(() => outbox.open({ type: "outbound-full-relay" }));
  const blocks = mineChain(chain.tipHeader, 2);
  for (const peer of others) outbox.from(peer, blockInv(blocks[0]!.hash));
  assert.deepEqual(others.map((peer) => outbox.sent(peer, "getheaders").length), [1, 0]);
  outbox.from(others[0]!, blockInv(blocks[1]!.hash));
  outbox.from(others[1]!, blockInv(blocks[1]!.hash));
  assert.deepEqual(others.map((peer) => outbox.sent(peer, "getheaders").length), [1, 1]);
  assert.equal(outbox.sent(first!, "getheaders").length, 1);
});

test("a full message of headers is followed by a request for more, a shorter one is not", () => {
  const { outbox, chain } = headerBench();
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
  const { outbox, chain, views } = headerBench();
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

test("headers that are known already start no round over all peers, new ones do", () => {
  const { outbox, chain, sync } = headerBench();
  const blocks = mineChain(chain.tipHeader, 3, START - 60 * 60);
  chain.have(blocks.slice(0, 2));
  const [peer] = [outbox.open(), outbox.open()];
  outbox.settle();
  outbox.from(peer, headersOf(blocks.slice(0, 2)));
  assert.notEqual(sync.wakeAt(), outbox.clock.now());
  outbox.from(peer, headersOf(blocks.slice(2)));
  assert.equal(sync.wakeAt(), outbox.clock.now());
});

test("headers that do not follow one another are misbehaviour", () => {
  const { outbox, chain } = headerBench();
  const peer = outbox.open();
  outbox.from(peer, headersOf([mine(chain.tipHeader), mine(chain.tipHeader)]));
  assert.deepEqual(outbox.misbehaved(peer), ["non-continuous headers sequence"]);
});

test("a header without its work is misbehaviour, whether it connects or not", () => {
  const { outbox, chain } = headerBench();
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
    const { outbox, chain } = headerBench();
    const peer = outbox.open();
    const block = mine(chain.tipHeader);
    chain.invalidHeaders.set(hashKey(block.hash), { rule, detail: "" });
    outbox.from(peer, headersOf([block]));
    assert.deepEqual(outbox.misbehaved(peer), expected);
  }
});

test("an outbound peer whose whole chain has too little work is dropped while we catch up", () => {
  const { outbox, chain } = headerBench({ minimumChainWork: 100_000n });
  chain.isInitialBlockDownload = true;
  const peer = outbox.open({ type: "outbound-full-relay", permissions: ["noban"] });
  outbox.from(peer, headersOf(mineChain(chain.tipHeader, 3)));
  assert.deepEqual(outbox.dropped(peer), ["insufficient-work"]);
});

test("sendheaders goes out once, when the peer's chain is known to be a good one", () => {
  const { outbox, chain } = headerBench();
  const peer = outbox.open();
  assert.equal(outbox.sent(peer, "sendheaders").length, 0);
  const blocks = mineChain(chain.tipHeader, 2);
  outbox.from(peer, headersOf(blocks.slice(0, 1)));
  outbox.from(peer, headersOf(blocks.slice(1)));
  assert.equal(outbox.sent(peer, "sendheaders").length, 1);
});

test("an outbound peer that stays behind our tip is asked once more and dropped, unless protected", () => {
  const { outbox, chain, sync } = headerBench();
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
  const { outbox, chain, sync } = headerBench();
  const peer = outbox.open({ features: { services: NODE_NETWORK | NODE_WITNESS } });
  const [block] = mineChain(chain.tipHeader, 1);
  outbox.from(peer, blockInv(block!.hash));
  assert.equal(sync.syncedHeaders(peer), -1);
  chain.addHeaders([block!.header]);
  assert.equal(sync.syncedHeaders(peer), 1);
});

test("headers that were taken are told to the block download, with the last one", () => {
  const { outbox, chain, told } = headerBench();
  const peer = outbox.open();
  const blocks = mineChain(chain.tipHeader, 3);
  outbox.from(peer, headersOf(blocks));
  assert.deepEqual(told, [{ peer, last: chain.headers.find(blocks[2]!.hash) }]);
});

test("nothing is left to wake for once all peers have gone", () => {
  const { outbox, sync } = headerBench();
  const peers = [0, 1].map(() => outbox.open({ type: "outbound-full-relay" }));
  for (const peer of peers) outbox.close(peer);
  outbox.settle();
  outbox.advance(hours(1));
  assert.equal(sync.wakeAt(), undefined);
});
