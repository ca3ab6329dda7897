import assert from "node:assert/strict";
import { test } from "node:test";
import { NetGroups } from "../addrbook/net_groups.ts";
import { seconds, type UnixSeconds } from "../base/time.ts";
import { address } from "../../test/support/peer_bench.ts";
import type { PeerId } from "../peer/peer.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { HandshakeGate, pendingHandshakesMax } from "./handshake_gate.ts";

const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333";

function bench(places = 114) {
  const clock = new VirtualClock(1_700_000_000 as UnixSeconds);
  const gate = new HandshakeGate(clock, new NetGroups(undefined, false), pendingHandshakesMax(places));
  let next = 0;
  const given: PeerId[] = [];
  /** One handshake begins, if it may, in place of whoever has to go for it. */
  const begin = (text: string): PeerId | string => {
    const from = address(text);
    const refusal = gate.refusal(from);
    if (refusal !== undefined) return refusal;
    const evicted = gate.mustGoFor(from);
    if (evicted !== undefined) {
      given.push(evicted);
      gate.ended(evicted);
    }
    const id = next++ as PeerId;
    gate.began(id, from);
    return id;
  };
  /** How many of those that come from these addresses at once may begin. */
  const count = (texts: readonly string[]): number => {
    return texts.filter((text) => typeof begin(text) === "number").length;
  };
  return { clock, gate, begin, count, given };
}

const texts = (length: number, text: (i: number) => string): readonly string[] =>
  Array.from({ length }, (_, i) => text(i));

test("of one /24 eight handshakes are under way at most, and for one more the oldest of them goes", () => {
  const { begin, count, clock, given } = bench();
  begin("1.2.4.4:1");
  assert.equal(count(texts(50, (i) => `1.2.3.${i}:1`)), 8);
  clock.advance(seconds(1));
  assert.deepEqual([count(texts(2, () => "1.2.3.99:1")), given], [2, [1, 2]]);
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

test("who holds a whole IPv6 /32 or IPv4 /16 has 32 handshakes under way, and gives up its own for more", () => {
  for (const text of [(i: number) => `[2a00:1:${i.toString(16)}::1]:1`, (i: number) => `1.2.${i}.1:1`]) {
    const { begin, count, given } = bench();
    const other = begin("9.9.9.9:1");
    assert.equal(count(texts(100, text)), 100);
    assert.equal(given.length, 100 - 32);
    assert.ok(!given.includes(other as PeerId));
  }
  assert.equal(bench().count(texts(200, (i) => `1.2.${i}.1:1`)), 128, "at once");
});

test("a few machines of a large host, silent and reconnecting, do not keep its others out", () => {
  const { gate, begin, clock, given } = bench();
  for (let second = 0; second < 120; second++) {
    for (let machine = 0; machine < 8; machine++) begin(`1.2.${machine}.1:1`);
    const honest = begin("1.2.200.1:1");
    assert.equal(typeof honest, "number", `in second ${second}`);
    // Its handshake takes half a second, in which the others begin eight more.
    for (let machine = 0; machine < 8; machine++) begin(`1.2.${machine}.2:1`);
    assert.ok(!given.includes(honest as PeerId), `in second ${second}`);
    gate.ended(honest as PeerId);
    clock.advance(seconds(1));
  }
});

test("addresses that are not public, and those that are free to make, are in no neighbourhood", () => {
  const { count } = bench();
  assert.equal(count(texts(100, (i) => `127.0.0.1:${i + 1}`)), 100);
  assert.equal(count(texts(100, (i) => `172.17.0.1:${i + 1}`)), 100);
  assert.equal(count(texts(100, () => ONION)), 100);
});

test("half of the inbound places may have handshakes under way; then the oldest of the largest group goes", () => {
  const { gate, count, begin, given } = bench(200);
  const early = [begin("5.5.5.5:1"), begin("6.6.6.6:1")];
  assert.equal(count(texts(98, (i) => `127.0.0.1:${i + 1}`)), 98);
  assert.equal(given.length, 0);
  begin("7.7.7.7:1");
  assert.deepEqual([...given], [2], "the first of those from this machine, though others are older");
  gate.ended(50 as PeerId);
  begin("8.8.8.8:1");
  assert.deepEqual([...given], [2]);
  count(texts(200, () => ONION));
  assert.ok(early.every((id) => !given.includes(id as PeerId)), "nor does a flood over Tor strike those on the open net");
});

test("of 20,000 networks the first are forgotten, and those that came last remembered", () => {
  const { gate } = bench();
  const isRefused = (text: string) => gate.refusal(address(text)) !== undefined;
  const exhaust = (text: string) => {
    for (let i = 0; i < 8; i++) gate.refusal(address(text));
  };
  exhaust("1.2.3.4:1");
  assert.equal(isRefused("1.2.3.4:1"), true);
  for (let i = 0; i < 20_000; i++) gate.refusal(address(`${11 + (i % 80)}.${(i >> 8) % 256}.${i % 256}.1:1`));
  exhaust("1.3.3.4:1");
  assert.deepEqual([isRefused("1.2.3.4:1"), isRefused("1.3.3.4:1")], [false, true]);
});
