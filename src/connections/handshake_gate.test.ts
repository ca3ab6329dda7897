import assert from "node:assert/strict";
import { test } from "node:test";
import { NetGroups } from "../addrbook/net_groups.ts";
import { seconds, type UnixSeconds } from "../base/time.ts";
import { address } from "../../test/support/peer_bench.ts";
import type { PeerId } from "../peer/peer.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { HandshakeGate, pendingHandshakesMax } from "./handshake_gate.ts";

function bench(places = 114) {
  const clock = new VirtualClock(1_700_000_000 as UnixSeconds);
  const gate = new HandshakeGate(clock, new NetGroups(undefined, false), pendingHandshakesMax(places));
  let next = 0;
  /** One handshake begins, if it may. */
  const begin = (text: string): PeerId | string => {
    const from = address(text);
    const refusal = gate.refusal(from);
    if (refusal !== undefined) return refusal;
    const id = next++ as PeerId;
    gate.began(id, from);
    return id;
  };
  /** How many of those that come from `count` addresses at once may begin. */
  const count = (texts: readonly string[]): number => {
    return texts.filter((text) => typeof begin(text) === "number").length;
  };
  return { clock, gate, begin, count };
}

const texts = (length: number, text: (i: number) => string): readonly string[] =>
  Array.from({ length }, (_, i) => text(i));

test("of one /24 eight handshakes are under way at most, and each that ends makes room for one", () => {
  const { gate, begin, count, clock } = bench();
  assert.equal(count(texts(50, (i) => `1.2.3.${i}:1`)), 8);
  assert.equal(begin("1.2.3.4:1"), "too many handshakes under way");
  clock.advance(seconds(1));
  gate.ended(3 as PeerId);
  assert.equal(typeof begin("1.2.3.4:1"), "number");
  assert.equal(begin("1.2.3.4:1"), "too many handshakes under way");
  assert.equal(typeof begin("1.2.4.4:1"), "number");
});

test("of one /24 two handshakes a second may begin, however soon they end", () => {
  const { gate, begin, clock } = bench();
  let begun = 0;
  for (let i = 0; i < 600; i++) {
    const id = begin(`1.2.3.${i % 256}:1`);
    if (typeof id === "number") {
      begun += 1;
      gate.ended(id);
    } else {
      assert.equal(id, "too many handshakes a second");
    }
    clock.advance(seconds(0.1));
  }
  assert.ok(begun >= 120 && begun <= 8 + 120, `${begun} in a minute`);
});

test("who holds a whole IPv6 /32 or IPv4 /16 gets no more than a few times as much", () => {
  const { count } = bench();
  assert.equal(count(texts(1000, (i) => `[2a00:1:${i.toString(16)}::1]:1`)), 32);
  assert.equal(count(texts(200, (i) => `1.2.${i}.1:1`)), 32);
  assert.equal(count(texts(30, (i) => `[2a00:2:0:1::${i}]:1`)), 8);
});

test("addresses that are not public, and those that are free to make, are in no neighbourhood", () => {
  const { count } = bench();
  assert.equal(count(texts(100, (i) => `127.0.0.1:${i + 1}`)), 100);
  assert.equal(count(texts(100, (i) => `172.17.0.1:${i + 1}`)), 100);
  const onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333";
  assert.equal(count(texts(100, () => onion)), 100);
});

test("of all together half of the inbound places may be under way; then the longest has to go", () => {
  const { gate, count } = bench(200);
  assert.equal(count(texts(99, (i) => `127.0.0.1:${i + 1}`)), 99);
  assert.equal(gate.longestPending, undefined);
  assert.equal(count(["127.0.0.1:100"]), 1);
  assert.equal(gate.longestPending, 0);
  gate.ended(0 as PeerId);
  assert.equal(gate.longestPending, undefined);
  count(["127.0.0.1:101"]);
  assert.equal(gate.longestPending, 1);
});

test("whoever comes from any number of networks takes bounded memory", () => {
  const { gate } = bench();
  for (let i = 0; i < 20_000; i++) gate.refusal(address(`${1 + (i % 100)}.${(i >> 8) % 256}.${i % 256}.1:1`));
  assert.ok(gate.rememberedGroups <= 4096, `${gate.rememberedGroups} groups`);
});
