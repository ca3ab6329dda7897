import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { minutes, seconds } from "../base/time.ts";
import { REGTEST } from "../params/regtest.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Peer } from "../peer/peer.ts";
import { type BlockHash, hashKey, type HashKey } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { freshSeed, testSize } from "../../test/support/environment.ts";
import { headerBench, headersMessage } from "../../test/support/header_bench.ts";
import type { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { weakHeaders } from "../../test/support/weak_headers.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { USELESS_HEADERS_MAX } from "./header_allowance.ts";
import { INBOUND_PRESYNCS_MAX } from "./header_intake.ts";

/** Out of reach of any chain here. */
const MUCH = 1n << 200n;
const GENESIS_HASH = REGTEST.genesis.header.hash;
/** Longer than what a second pass holds back; made once, since to work for headers takes time. */
const LONG = weakHeaders(GENESIS_HASH, 8_100);
/** Reached within the fourth full message. */
const LONG_WORK = 15_000n;

const heightsByChain = new WeakMap<readonly BlockHeader[], ReadonlyMap<HashKey, number>>();

function heightsOf(chain: readonly BlockHeader[]): ReadonlyMap<HashKey, number> {
  const heights = heightsByChain.get(chain) ?? new Map(chain.map(({ hash }, i) => [hashKey(hash), i + 1]));
  heightsByChain.set(chain, heights);
  return heights;
}

/** Answers each `getheaders` with what follows on `chain`, until there is no more. */
function serve(outbox: ProtocolBench, peer: Peer, chain: readonly BlockHeader[], messagesMax = 1000): void {
  const heights = heightsOf(chain);
  for (let i = 0; i < messagesMax; i++) {
    const request = outbox.sent(peer, "getheaders").at(-1);
    outbox.forget();
    if (request === undefined) return;
    const from = heights.get(hashKey(request.locator[0] as BlockHash)) ?? 0;
    outbox.from(peer, headersMessage(chain.slice(from, from + HEADERS_COUNT_MAX)));
  }
}

test("a long chain of little work is synced twice, and its headers are kept at the end of that", () => {
  const { outbox, chain, sync, presynced, told } = headerBench({ minimumChainWork: LONG_WORK });
  const peer = outbox.open({ type: "outbound-full-relay" });
  serve(outbox, peer, LONG, 1);
  assert.deepEqual([sync.presyncedHeaders(peer), chain.headers.size], [2000, 1]);
  serve(outbox, peer, LONG, 3);
  assert.deepEqual([sync.presyncedHeaders(peer), chain.headers.size], [8000, 1]);
  serve(outbox, peer, LONG);
  // To keep all at once would hold the loop: the peer waits for the rest.
  assert.equal(chain.headers.size, 1 + HEADERS_COUNT_MAX);
  assert.ok(outbox.parked.has(peer.id));
  outbox.settle();
  assert.ok(!outbox.parked.has(peer.id));
  assert.deepEqual([sync.presyncedHeaders(peer), sync.presyncBytes], [-1, 0]);
  serve(outbox, peer, LONG);
  assert.equal(chain.headers.height(chain.bestHeader), LONG.length);
  assert.equal(told.at(-1)?.last, chain.bestHeader);
  assert.deepEqual(presynced, [{ peer: 0, height: 2000 }]);
});

test("a peer that leaves while its headers are kept, or that has sent a bad one, is waited for no longer", () => {
  for (const isBad of [false, true]) {
    const { outbox, chain, sync } = headerBench({ minimumChainWork: LONG_WORK });
    const peer = outbox.open({ type: "outbound-full-relay" });
    const bad = LONG[6_000] as BlockHeader;
    if (isBad) chain.invalidHeaders.set(hashKey(bad.hash), { rule: "bad-diffbits", detail: "" });
    serve(outbox, peer, LONG);
    assert.notEqual(sync.wakeAt(), undefined);
    if (!isBad) outbox.close(peer);
    outbox.settle();
    assert.deepEqual(outbox.misbehaved(peer), isBad ? ["invalid header received"] : []);
    assert.equal(sync.presyncBytes, 0);
    assert.ok(!outbox.parked.has(peer.id));
    assert.equal(chain.headers.height(chain.bestHeader), isBad ? 6_000 : HEADERS_COUNT_MAX);
  }
});

test("a short chain of little work is not kept, and one that grows no further leaves nothing", () => {
  const { outbox, chain, sync } = headerBench({ minimumChainWork: 10_000n });
  const peer = outbox.open();
  const headers = LONG.slice(0, 2_100);
  outbox.from(peer, headersMessage(headers.slice(0, 1_999)));
  assert.ok(outbox.logged("Ignoring low-work chain (height=1999) from peer=0"));
  outbox.from(peer, headersMessage(headers.slice(0, 2_000)));
  assert.equal(sync.presyncedHeaders(peer), 2000);
  outbox.from(peer, headersMessage(headers.slice(2_000)));
  assert.deepEqual([sync.presyncedHeaders(peer), sync.presyncBytes, chain.headers.size], [-1, 0, 1]);
});

test("a peer with the noban permission has its headers kept, whatever their work", () => {
  const { outbox, chain } = headerBench({ minimumChainWork: MUCH });
  const peer = outbox.open({ permissions: ["noban"] });
  outbox.from(peer, headersMessage(weakHeaders(GENESIS_HASH, 5)));
  assert.equal(chain.headers.size, 6);
});

test("a flood of headers of little work takes a few bits, and no place in the index", () => {
  const { outbox, chain, sync } = headerBench({ minimumChainWork: MUCH });
  const peer = outbox.open({ type: "outbound-full-relay" });
  const count = testSize("TIDINGS_FLOOD_HEADERS", 6_000);
  let last: BlockHash = GENESIS_HASH;
  for (let sent = 0; sent < count; sent += HEADERS_COUNT_MAX) {
    const headers = weakHeaders(last, HEADERS_COUNT_MAX, REGTEST.genesis.header.time + 1 + sent);
    last = (headers.at(-1) as BlockHeader).hash;
    outbox.from(peer, headersMessage(headers));
    assert.equal(outbox.sent(peer, "getheaders").length, 1 + (sent === 0 ? 1 : 0));
    outbox.forget();
    // A bit for each 275 headers, in an array that doubles.
    assert.ok(sync.presyncBytes <= 16 + (2 * count) / 275 / 8, `${sync.presyncBytes} bytes`);
  }
  assert.equal(sync.presyncedHeaders(peer), Math.ceil(count / HEADERS_COUNT_MAX) * HEADERS_COUNT_MAX);
  assert.equal(chain.headers.size, 1);
});

test("of a message whose last header claims work that was not done, none is kept", () => {
  const { outbox, chain } = headerBench({ minimumChainWork: 5n });
  const peer = outbox.open();
  const headers = weakHeaders(GENESIS_HASH, 3);
  const { version, previous, merkleRoot, time, nonce } = headers[2] as BlockHeader;
  const Header = (headers[2] as BlockHeader).constructor as typeof BlockHeader;
  const boast = Header.of({ version, previous, merkleRoot, time, nonce, bits: 0x1d00_ffff });
  outbox.from(peer, headersMessage([...headers.slice(0, 2), boast]));
  assert.deepEqual(outbox.misbehaved(peer), ["header with invalid proof of work"]);
  assert.equal(chain.headers.size, 1);
});

test("as many inbound chains of little work are synced as there is room for; a silent one gives way", () => {
  const { outbox, sync } = headerBench({ minimumChainWork: MUCH });
  const headers = headersMessage(LONG.slice(0, HEADERS_COUNT_MAX));
  const isSynced = (peer: Peer): boolean => sync.presyncedHeaders(peer) > 0;
  const open = (type: "inbound" | "outbound-full-relay"): Peer => {
    const peer = outbox.open({ type });
    outbox.from(peer, headers);
    return peer;
  };
  const first = Array.from({ length: INBOUND_PRESYNCS_MAX }, () => open("inbound"));
  assert.ok(first.every(isSynced));
  assert.equal(isSynced(open("inbound")), false);
  assert.equal(isSynced(open("outbound-full-relay")), true);
  outbox.advance(minutes(3));
  assert.equal(isSynced(open("inbound")), true);
  assert.equal(first.filter(isSynced).length, 0);
});

test("a long chain with a block that is known to be bad, or on one, is refused at once and not synced", () => {
  for (const at of [0, 1]) {
    const { outbox, chain, sync } = headerBench({ minimumChainWork: MUCH });
    const [bad, child] = LONG as readonly BlockHeader[] as readonly [BlockHeader, BlockHeader];
    chain.addHeaders([bad]);
    chain.headers.blocks.setInvalid(chain.headers.find(bad.hash) ?? assert.fail());
    chain.invalidHeaders.set(hashKey(bad.hash), { rule: "duplicate-invalid", detail: "" });
    chain.invalidHeaders.set(hashKey(child.hash), { rule: "bad-prevblk", detail: "" });
    const peer = outbox.open({ type: "outbound-full-relay" });
    outbox.from(peer, headersMessage(LONG.slice(at, at + HEADERS_COUNT_MAX)));
    assert.deepEqual(outbox.misbehaved(peer), ["invalid header received"]);
    assert.deepEqual([sync.presyncedHeaders(peer), chain.headers.size], [-1, 2]);
  }
});

test("a peer that leaves takes its sync with it", () => {
  const { outbox, sync } = headerBench({ minimumChainWork: MUCH });
  const peer = outbox.open();
  outbox.from(peer, headersMessage(LONG.slice(0, HEADERS_COUNT_MAX)));
  assert.ok(sync.presyncBytes > 0);
  outbox.close(peer);
  assert.equal(sync.presyncBytes, 0);
});

test("headers that nobody asked for are a flood from some number on, announcements never are", () => {
  const { outbox, chain } = headerBench();
  const headers = LONG.slice(0, HEADERS_COUNT_MAX - 1);
  chain.addHeaders(headers);
  const flood = headersMessage(headers);
  const messages = Math.floor(USELESS_HEADERS_MAX / headers.length);
  const peer = outbox.open({ type: "feeler", features: { services: 0n } });
  for (let i = 0; i < messages; i++) outbox.from(peer, flood);
  assert.deepEqual(outbox.misbehaved(peer), []);
  for (let i = 0; i < 50; i++) outbox.from(peer, headersMessage(headers.slice(-8)));
  assert.deepEqual(outbox.misbehaved(peer), []);
  outbox.from(peer, flood);
  assert.deepEqual(outbox.misbehaved(peer), ["headers flood"]);
  outbox.advance(seconds(20));
  outbox.from(peer, flood);
  assert.equal(outbox.misbehaved(peer).length, 1);
});

test("asked or not, the same headers again and again are a flood, and a chain that goes on is none", () => {
  const { outbox, chain } = headerBench();
  const headers = LONG.slice(0, 4 * HEADERS_COUNT_MAX);
  const honest = outbox.open({ type: "outbound-full-relay" });
  serve(outbox, honest, headers);
  assert.equal(chain.headers.height(chain.bestHeader), headers.length);
  const second = outbox.open({ type: "outbound-full-relay" });
  for (let at = 0; at < headers.length; at += HEADERS_COUNT_MAX) {
    outbox.from(second, headersMessage(headers.slice(at, at + HEADERS_COUNT_MAX)));
  }
  assert.deepEqual([outbox.misbehaved(honest), outbox.misbehaved(second)], [[], []]);
  const attacker = outbox.open({ type: "outbound-full-relay" });
  const again = headersMessage(headers.slice(0, HEADERS_COUNT_MAX));
  for (let i = 0; i < 10; i++) outbox.from(attacker, again);
  assert.deepEqual(outbox.misbehaved(attacker), []);
  outbox.from(attacker, again);
  assert.deepEqual(outbox.misbehaved(attacker), ["headers flood"]);
});

test("a sync that is begun anew with every message is a flood", () => {
  const { outbox } = headerBench({ minimumChainWork: MUCH });
  const attacker = outbox.open();
  const others = weakHeaders(GENESIS_HASH, HEADERS_COUNT_MAX);
  const messages = [LONG.slice(0, HEADERS_COUNT_MAX), others].map(headersMessage);
  // The first was asked for.
  for (let i = 0; i < 11; i++) outbox.from(attacker, messages[i % 2]!);
  assert.deepEqual(outbox.misbehaved(attacker), []);
  outbox.from(attacker, messages[1]!);
  assert.deepEqual(outbox.misbehaved(attacker), ["headers flood"]);
});

test("whatever peers send, no header of a chain with too little work is kept, nor anything of peers that left", () => {
  const good = LONG.slice(0, 4_300);
  const poor = [...good.slice(0, 100), ...weakHeaders((good[99] as BlockHeader).hash, 4_000)];
  const isPoor = new Set(poor.slice(100).map(({ hash }) => hashKey(hash)));
  const step = fc.record({
    peer: fc.nat({ max: 3 }),
    action: fc.constantFrom("answer", "answer", "answer", "slice", "empty", "leave", "wait"),
    isGood: fc.boolean(),
    from: fc.nat({ max: 4_000 }),
    count: fc.constantFrom(1, 7, 1_999, HEADERS_COUNT_MAX),
  });
  const work = 2n * BigInt(good.length - 10);
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const { outbox, chain, sync } = headerBench({ minimumChainWork: work });
    const types = ["inbound", "inbound", "outbound-full-relay", "manual"] as const;
    const peers: Peer[] = types.map((type) => outbox.open({ type }));
    for (const { peer: index, action, isGood, from, count } of steps) {
      const peer = peers[index] as Peer;
      const headers = isGood ? good : poor;
      if (action === "answer") serve(outbox, peer, headers, 1);
      else if (action === "slice") outbox.from(peer, headersMessage(headers.slice(from, from + count)));
      else if (action === "empty") outbox.from(peer, headersMessage([]));
      else if (action === "wait") outbox.advance(minutes(1));
      if (action === "leave") outbox.close(peer);
      if (!outbox.peers.has(peer.id)) peers[index] = outbox.open({ type: types[index] as Peer["type"] });
      assert.ok(sync.presyncBytes <= 4 * ((7_017 + HEADERS_COUNT_MAX) * 48 + 64));
    }
    // The index never forgets.
    for (let id = 1; id < chain.headers.size; id++) {
      assert.ok(!isPoor.has(hashKey(chain.headers.hash(id as BlockId))), "a header of the poor chain was kept");
    }
    for (const peer of peers) outbox.close(peer);
    outbox.settle();
    assert.deepEqual([sync.presyncBytes, sync.wakeAt()], [0, undefined]);
  }), { seed: freshSeed(), numRuns: 10 });
});
