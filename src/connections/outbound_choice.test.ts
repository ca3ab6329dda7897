import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, minutes, seconds } from "../base/time.ts";
import { ConnectionBench, FULL, textsOf, typesOf } from "../../test/support/connection_bench.ts";
import { address } from "../../test/support/peer_bench.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { netGroup } from "../primitives/net_group.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from "../wire/services.ts";
import type { Anchor } from "./anchors.ts";
import type { Dial } from "./dial.ts";

function anchor(text: string, services = FULL): Anchor {
  return { address: address(text), services, time: 0 };
}

// Lasting ones

test("eight full-relay and two block-relay peers are dialled from the book, each in another group", () => {
  const bench = new ConnectionBench();
  const { manager, book } = bench;
  for (let i = 0; i < 40; i++) book.put(`1.${i % 20}.${i}.1:8333`);
  const dials = manager.decide();
  assert.equal(new Set(dials.map((dial) => netGroup(dial.address))).size, 10);
  assert.deepEqual(typesOf(dials), [
    ...Array.from({ length: 8 }, () => "outbound-full-relay"), "block-relay-only", "block-relay-only",
  ]);
  bench.openAll(dials);
  assert.deepEqual(book.attempts.map((each) => each.address).sort(), textsOf(dials));
  assert.deepEqual(manager.decide(), []);
});

test("nobody is dialled who is ourselves, connected, being dialled, unroutable or of no use", () => {
  const bench = new ConnectionBench({ advertise: [address("9.9.9.9:9")] });
  const { manager, book, tip } = bench;
  for (const text of ["9.9.9.9:9", "127.0.0.1:1", "10.0.0.1:1", "0.0.0.0:1", "[fe80::1]:1"]) book.put(text);
  book.put("3.3.3.3:1", NODE_NETWORK);
  book.put("4.4.4.4:1", 0n);
  book.put("5.5.5.5:1", NODE_NETWORK_LIMITED | NODE_WITNESS);
  book.put("6.6.6.6:1");
  tip.isRecent = false;
  const [dial, ...others] = manager.decide();
  assert.ok(dial !== undefined);
  assert.deepEqual([...textsOf([dial]), ...textsOf(others)], ["6.6.6.6:1"]);
  bench.openOne(dial);
  assert.deepEqual(manager.decide(), []);
});

test("banned and discouraged addresses are not dialled of our own choice, but when asked for", () => {
  const { manager, book, banned, discouraged } = new ConnectionBench();
  for (const text of ["1.1.1.1:8333", "2.2.2.2:8333"]) book.put(text);
  banned.add("1.1.1.1:1");
  discouraged.add("2.2.2.2:1");
  assert.deepEqual(manager.decide(), []);
  assert.ok(manager.request(address("1.1.1.1:8333"), "manual").ok);
});

test("a host that is connected on any port is not dialled on another", () => {
  const bench = new ConnectionBench();
  bench.book.put("1.1.1.1:8333");
  bench.comeIn("1.1.1.1:50000");
  assert.deepEqual(bench.manager.decide(), []);
});

test("ports of other services are dialled only when there is little else", () => {
  const bench = new ConnectionBench({ maxConnections: 1 });
  const { manager, book } = bench;
  for (let i = 1; i < 20; i++) book.put(`${i}.1.1.1:25`);
  book.put("50.1.1.1:8333");
  const [dial] = manager.decide();
  assert.deepEqual(textsOf([dial as Dial]), ["50.1.1.1:8333"]);
  manager.failed(dial as Dial);
  bench.advance(seconds(10));
  assert.equal(manager.decide()[0]?.address.port, 25);
});

test("local peers are dialled by port, all for full relay, and not without the option", () => {
  const local = new ConnectionBench({ localPeers: true, advertise: [address("127.0.0.1:1000")] });
  const plain = new ConnectionBench();
  const known = Array.from({ length: 12 }, (_, i) => `127.0.0.1:${1000 + i}`);
  for (const { book } of [local, plain]) for (const text of known) book.put(text);
  const dials = local.manager.decide();
  assert.equal(dials.length, 8);
  assert.ok(dials.every(({ address: { port }, type }) => port !== 1000 && type === "outbound-full-relay"));
  assert.deepEqual(plain.manager.decide(), []);
});

test("a failed address waits a minute, then two, and another is tried meanwhile", () => {
  const bench = new ConnectionBench({ maxConnections: 1 });
  const { manager, book } = bench;
  book.put("1.1.1.1:1");
  const [dial] = manager.decide();
  assert.ok(dial !== undefined);
  manager.failed(dial);
  let waited = 0;
  for (; manager.decide().length === 0; waited += 1000) bench.advance(seconds(1));
  assert.ok(waited >= 60_000 && waited <= 90_000, `${waited} ms`);
  const other = new ConnectionBench({ maxConnections: 1 });
  other.book.put("1.1.1.1:1");
  const [failing] = other.manager.decide();
  assert.ok(failing !== undefined);
  other.book.put("2.2.2.2:1");
  other.manager.failed(failing);
  other.advance(milliseconds(500));
  assert.deepEqual(textsOf(other.manager.decide()), ["2.2.2.2:1"]);
});

test("failures count against an address only once two other connections show that we are online", () => {
  const bench = new ConnectionBench();
  bench.book.fill(40);
  const [first, second, third, ...others] = bench.manager.decide();
  for (const dial of others) bench.manager.failed(dial);
  assert.ok(bench.book.attempts.every(({ countsFailure }) => !countsFailure));
  bench.openAll([first as Dial, second as Dial]);
  bench.manager.failed(third as Dial);
  assert.equal(bench.book.attempts.at(-1)?.countsFailure, true);
});

test("an address that its proxy never came to is not taken for tried", () => {
  const { manager, book } = new ConnectionBench();
  book.fill(40);
  for (const dial of manager.decide()) manager.failed(dial, true);
  assert.deepEqual(book.attempts, []);
});

// Those on top

test("about every two minutes a feeler looks whether a new address answers", () => {
  const dials = ConnectionBench.full().bench.dialledIn(minutes(240));
  assert.deepEqual([...new Set(typesOf(dials))], ["feeler"]);
  assert.ok(dials.length > 80 && dials.length < 160, `${dials.length} feelers in 240 minutes`);
});

test("a feeler first tries an address whose place another wants, in whatever group it is", () => {
  const { bench, connections: [one] } = ConnectionBench.full();
  assert.ok(one !== undefined);
  const neighbour = { ...one.address, bytes: Uint8Array.of(...one.address.bytes.subarray(0, 3), 77) };
  bench.book.collision = { address: neighbour, services: NODE_NETWORK, time: 0 };
  const [dial] = bench.dialledIn(minutes(10));
  assert.equal(formatAddress((dial as Dial).address), formatAddress(neighbour));
});

test("once we have caught up, there is a block-relay peer more about every five minutes", () => {
  const { bench } = ConnectionBench.full({}, { without: ["feelers"] });
  assert.deepEqual(bench.dialledIn(minutes(60)), []);
  bench.manager.caughtUp();
  const dials = bench.dialledIn(minutes(600));
  assert.deepEqual([...new Set(typesOf(dials))], ["block-relay-only"]);
  assert.ok(dials.length > 80 && dials.length < 160, `${dials.length} in 600 minutes`);
});

test("while the tip is stale one more full-relay peer is dialled, and only one", () => {
  const { bench, bench: { manager } } = ConnectionBench.full({}, { without: ["feelers"] });
  assert.deepEqual(manager.decide(), []);
  manager.wantsExtraFullRelay = true;
  const dials = manager.decide();
  assert.deepEqual(typesOf(dials), ["outbound-full-relay"]);
  bench.openAll(dials);
  assert.deepEqual(manager.decide(), []);
});

test("a reachable network without a peer gets one, though all places are taken", () => {
  const { bench } = ConnectionBench.full({}, { networks: ["ipv4", "ipv6"], without: ["feelers"] });
  assert.deepEqual(bench.dialledIn(minutes(60)), []);
  bench.book.put("[2a00::1]:8333");
  const dials = bench.dialledIn(minutes(60));
  assert.ok(dials.length > 0 && dials.every(({ address: { network } }) => network === "ipv6"));
  assert.ok(typesOf(dials).every((type) => type === "outbound-full-relay"));
});

test("anchors are dialled before all others, as block-relay peers", () => {
  const bench = new ConnectionBench({}, { anchors: [anchor("1.1.1.1:1"), anchor("2.2.2.2:1")] });
  bench.book.fill(20);
  const dials = bench.manager.decide();
  assert.deepEqual(textsOf(dials.slice(0, 2)), ["1.1.1.1:1", "2.2.2.2:1"]);
  assert.deepEqual(
    typesOf(dials.slice(0, 3)), ["block-relay-only", "block-relay-only", "outbound-full-relay"],
  );
  assert.equal(dials.length, 10);
});

test("an anchor of no use, or in a group that we have, is passed over", () => {
  const anchors = [anchor("1.1.1.1:1", 0n), anchor("2.2.2.2:1"), anchor("2.2.9.9:1")];
  const { manager } = new ConnectionBench({}, { anchors });
  assert.deepEqual(textsOf(manager.decide()), ["2.2.9.9:1"]);
});

test("without a defence, what it does is left out", () => {
  const anchors = [anchor("1.1.1.1:1")];
  assert.deepEqual(new ConnectionBench({}, { anchors, without: ["anchors"] }).manager.decide(), []);
  const { manager, book } = new ConnectionBench({}, { without: ["outbound-groups"] });
  for (let i = 1; i < 20; i++) book.put(`1.1.1.${i}:8333`);
  assert.equal(manager.decide().length, 10);
  const { bench } = ConnectionBench.full({}, { without: ["feelers", "extra-outbound", "network-diversity"] });
  bench.manager.wantsExtraFullRelay = true;
  bench.manager.caughtUp();
  assert.deepEqual(bench.dialledIn(minutes(60)), []);
});

// Searching

test("when a connection ends, another is chosen at once", () => {
  const bench = new ConnectionBench({ maxConnections: 2 });
  const { manager, book } = bench;
  book.put("1.1.1.1:1");
  book.put("1.1.1.2:1");
  const [dial] = manager.decide();
  assert.ok(dial !== undefined);
  const { id } = bench.openOne(dial);
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(manager.decide(), []);
    bench.advance(seconds(1));
  }
  bench.close(id);
  assert.equal(manager.decide().length, 1);
});

test("news in the book bring on a search, but not one for each", () => {
  const bench = new ConnectionBench();
  const { manager, book } = bench;
  book.put("127.0.0.1:9999");
  manager.decide();
  const { draws } = book;
  for (let i = 0; i < 100; i++) {
    book.put(`127.0.0.1:${i + 1}`);
    manager.decide();
    bench.advance(milliseconds(10));
  }
  assert.equal(book.draws, draws + 100);
});

test("a book without anyone suitable is searched ever more seldom, and again when it has news", () => {
  const bench = new ConnectionBench({}, { without: ["feelers"] });
  const { manager, book, peers } = bench;
  book.put("127.0.0.1:1");
  for (let i = 0; i < 3600; i++) {
    manager.decide();
    bench.advance(seconds(1));
  }
  assert.ok(book.draws < 14_000, `${book.draws} draws in an hour`);
  for (let i = 1; i < 50; i++) book.put(`${i}.1.1.1:8333`);
  assert.ok((manager.wakeAt() ?? Infinity) <= peers.clock.now() + minutes(1));
  assert.equal(manager.decide().length, 10);
});

test("those that refuse at once are gone through at two a second", () => {
  const bench = new ConnectionBench();
  for (let i = 1; i < 250; i++) bench.book.put(`${i}.1.1.1:8333`);
  const dials = bench.dialledIn(seconds(60));
  assert.ok(dials.length > 100 && dials.length <= 11 + 120, `${dials.length} dials in a minute`);
});
