import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, minutes, seconds } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import { mine, mineChain } from "../../test/support/fake_chain.ts";
import { headerBench, headersOf } from "../../test/support/header_bench.ts";
import { type ProtocolBench, START } from "../../test/support/protocol_bench.ts";

test("one peer is asked for headers while the best header is old, and all once it is recent", () => {
  const { outbox, chain } = headerBench();
  const peers = [0, 1, 2].map(() => outbox.open({ type: "outbound-full-relay" }));
  outbox.settle();
  assert.deepEqual(peers.map((peer) => outbox.sent(peer, "getheaders").length), [1, 0, 0]);
  assert.ok(outbox.logged("initial getheaders (0) to peer=0"));
  outbox.from(peers[0]!, headersOf([mine(chain.tipHeader, START - 60)]));
  outbox.settle();
  assert.deepEqual(peers.map((peer) => outbox.sent(peer, "getheaders").length), [1, 1, 1]);
});

test("when the one sync peer leaves, another is asked", () => {
  const { outbox } = headerBench();
  const first = outbox.open({ type: "outbound-full-relay" });
  const second = outbox.open({ type: "outbound-full-relay" });
  outbox.close(first);
  outbox.settle();
  assert.equal(outbox.sent(second, "getheaders").length, 1);
});

test("an inbound peer is synced from only while there is no outbound one", () => {
  const { outbox } = headerBench();
  const outbound = outbox.open({ type: "manual" });
  outbox.close(outbound);
  const inbound = outbox.open();
  outbox.settle();
  assert.equal(outbox.sent(inbound, "getheaders").length, 1);
});

test("neither an address fetcher nor a peer without blocks is asked for headers", () => {
  const { outbox } = headerBench();
  const fetcher = outbox.open({ type: "addr-fetch" });
  const light = outbox.open({ features: { services: 0n } });
  outbox.settle();
  assert.deepEqual([fetcher, light].map((peer) => outbox.sent(peer, "getheaders").length), [0, 0]);
});

test("a sync peer that is too slow is dropped, unless it is trusted or there is no other", () => {
  const expected = minutes(15) + (START - 1_296_688_602) / 600;
  const cases = [[[], 1, true], [["noban"], 1, false], [[], 0, false]] as const;
  for (const [permissions, others, isDropped] of cases) {
    const { outbox } = headerBench();
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

/** How many times each was asked for headers. */
function timesAsked(outbox: ProtocolBench, peers: readonly Peer[]): readonly number[] {
  return peers.map((peer) => outbox.sent(peer, "getheaders").length);
}

test("a sync peer that does not answer for two minutes no longer holds up the next", () => {
  const { outbox } = headerBench();
  const peers = [0, 1, 2].map(() => outbox.open({ type: "manual" }));
  outbox.advance(minutes(2));
  assert.deepEqual(timesAsked(outbox, peers), [1, 0, 0]);
  outbox.settle();
  assert.deepEqual(timesAsked(outbox, peers), [1, 1, 0]);
  outbox.advance(minutes(3));
  assert.deepEqual(timesAsked(outbox, peers), [1, 1, 1]);
  outbox.advance(minutes(30));
  assert.deepEqual(outbox.dropped(peers[0]!), ["headers-timeout"]);
});

test("a sync peer whose headers end in the past, or that has none, does not hold up the next", () => {
  for (const count of [0, 3]) {
    const { outbox, chain } = headerBench();
    const peers = [0, 1].map(() => outbox.open({ type: "outbound-full-relay" }));
    outbox.from(peers[0]!, headersOf(mineChain(chain.tipHeader, count)));
    outbox.settle();
    assert.deepEqual(timesAsked(outbox, peers), [1, 1]);
    outbox.advance(minutes(16));
    assert.deepEqual(outbox.dropped(peers[0]!), []);
  }
});

test("empty headers, again and again, buy a peer nothing: it is asked once, and so are the others", () => {
  const { outbox } = headerBench();
  const attacker = outbox.open({ type: "outbound-full-relay" });
  for (let i = 0; i < 100; i++) outbox.from(attacker, headersOf([]));
  const honest = [0, 1].map(() => outbox.open({ type: "outbound-full-relay" }));
  outbox.settle();
  assert.deepEqual(timesAsked(outbox, [attacker, ...honest]), [1, 1, 0]);
});

test("a spent sync peer keeps those that dialled us waiting two minutes longer, and one at a time", () => {
  const { outbox } = headerBench();
  const peers = [0, 1, 2].map(() => outbox.open());
  outbox.from(peers[0]!, headersOf([]));
  outbox.advance(milliseconds(minutes(2) - 1));
  assert.deepEqual(timesAsked(outbox, peers), [1, 0, 0]);
  outbox.advance(milliseconds(1));
  assert.deepEqual(timesAsked(outbox, peers), [1, 1, 0]);
  outbox.advance(minutes(4));
  assert.deepEqual(timesAsked(outbox, peers), [1, 1, 0]);
  outbox.settle();
  assert.deepEqual(timesAsked(outbox, peers), [1, 1, 1]);
});

test("nobody is asked while blocks are read from files, and what is sent then is left aside", () => {
  const { outbox, chain } = headerBench();
  chain.isLoadingBlocks = true;
  const peer = outbox.open({ type: "outbound-full-relay" });
  outbox.from(peer, headersOf([mine(chain.tipHeader)]));
  assert.equal(chain.headers.size, 1);
  assert.ok(outbox.logged("Unexpected headers message received from peer 0"));
  assert.deepEqual(timesAsked(outbox, [peer]), [0]);
});
