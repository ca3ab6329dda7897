import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressBook, DEFAULT_BOOK_OPTIONS } from "../addrbook/address_book.ts";
import { NetGroups } from "../addrbook/net_groups.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import { type Duration, hours, minutes, seconds } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import { addressKey, equalAddresses, type NetworkAddress } from "../primitives/network_address.ts";
import { LOOPBACK, ProtocolBench, routable, START } from "../../test/support/protocol_bench.ts";
import type { TimedAddress } from "../wire/messages/addr.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import { AddrRelay, type AddrRelayOptions } from "./addr_relay.ts";

const SERVICES = NODE_NETWORK | NODE_WITNESS;
const ONION: NetworkAddress = { network: "onion", bytes: new Uint8Array(32).fill(7), port: 8333 };

interface Setting extends Partial<AddrRelayOptions> {
  readonly own?: NetworkAddress;
  readonly seed?: number;
}

function bench({ own, seed = 1, ...options }: Setting = {}) {
  const outbox = new ProtocolBench();
  const book = new AddressBook({
    clock: outbox.clock, rng: seededRng(seed), logger: silentLogger, groups: new NetGroups(undefined, false),
  }, { ...DEFAULT_BOOK_OPTIONS, localPeers: options.localPeers === true });
  const chain = { isInitialBlockDownload: false };
  const learned: string[] = [];
  const dropped: (readonly [peer: number, count: number, total: number])[] = [];
  const shunned = new Set<string>();
  const relay = new AddrRelay({
    clock: outbox.clock, rng: seededRng(seed), logger: outbox.logger, outbox, book, chain,
    learned: (address) => void learned.push(addressKey(address)),
    rateLimited: (peer, count, total) => void dropped.push([peer.id, count, total]),
    ownAddress: () => own,
    isOwn: (address) => own !== undefined && equalAddresses(own, address),
    isReachable: ({ network }) => network === "ipv4" || network === "ipv6",
    isShunned: (address) => shunned.has(addressKey(address)),
  }, {
    ourServices: () => SERVICES, listen: true, localPeers: false,
    ...options,
  });
  outbox.protocols.push(relay);
  const say = (peer: Peer, ...addresses: readonly TimedAddress[]): void => {
    outbox.from(peer, { type: peer.features.addrV2 ? "addrv2" : "addr", value: { addresses } });
  };
  const heard = (peer: Peer): TimedAddress[] => {
    const messages = [...outbox.sent(peer, "addrv2"), ...outbox.sent(peer, "addr")];
    return messages.flatMap(({ addresses }) => addresses);
  };
  return { outbox, book, chain, learned, dropped, shunned, relay, say, heard };
}

/** As a fresh announcement tells it. */
function fresh(address: NetworkAddress, age = 0): TimedAddress {
  return { address, services: SERVICES, time: START - age };
}

/** Each in a group of its own. */
function apart(number: number): NetworkAddress {
  const bytes = Uint8Array.of(20 + (number % 100), Math.floor(number / 100), 3, 4);
  return { network: "ipv4", bytes, port: 8333 };
}

function join(outbox: ProtocolBench, count: number, features = {}): Peer[] {
  return Array.from({ length: count }, () => {
    const peer = outbox.open({ features });
    // From its first word about addresses on, it takes part.
    outbox.from(peer, { type: "addrv2", value: { addresses: [] } });
    return peer;
  });
}

const soon = minutes(10);

test("getaddr is sent to outbound peers, but not on connections for blocks, nor to inbound ones", () => {
  const { outbox } = bench();
  const types = [
    "outbound-full-relay", "manual", "addr-fetch", "block-relay-only", "feeler", "inbound",
  ] as const;
  const counts = types.map((type) => outbox.sent(outbox.open({ type }), "getaddr").length);
  assert.deepEqual(counts, [1, 1, 1, 0, 0, 0]);
});

test("a small fresh announcement is passed on to two peers, the same ones when it is repeated", () => {
  const { outbox, say, heard } = bench();
  const [teller, another, ...others] = join(outbox, 12);
  say(teller!, fresh(routable(1)));
  outbox.advance(soon);
  const chosen = [another!, ...others].filter((peer) => heard(peer).length > 0);
  assert.equal(chosen.length, 2);
  outbox.forget();
  say(another!, { ...fresh(routable(1)), time: outbox.clock.unixTime() });
  outbox.advance(soon);
  assert.ok([...others, another!].every((peer) => heard(peer).length === 0 || !chosen.includes(peer)));
});

test("what is old, one of many, or answers our getaddr is kept and not passed on", () => {
  const { outbox, book, say, heard } = bench();
  const listeners = join(outbox, 4);
  const teller = outbox.open({ permissions: ["addr"] });
  say(teller, fresh(routable(1), 11 * 60));
  say(teller, ...Array.from({ length: 11 }, (_, i) => fresh(routable(10 + i))));
  const asked = outbox.open({ type: "outbound-full-relay" });
  say(asked, fresh(routable(50)));
  outbox.advance(soon);
  assert.deepEqual(listeners.flatMap(heard), []);
  assert.equal(book.size(), 13);
  say(asked, { ...fresh(routable(51)), time: outbox.clock.unixTime() });
  outbox.advance(soon);
  assert.equal([teller, ...listeners].flatMap(heard).length, 2);
});

test("a peer may tell of one address every ten seconds, and of a thousand more once it was asked", () => {
  const { outbox, book, relay, say } = bench();
  const inbound = outbox.open();
  const many = (third: number) => Array.from({ length: 200 }, (_, i) => fresh(routable(i, third), 3_600));
  say(inbound, ...many(1));
  assert.equal(book.size(), 1);
  assert.deepEqual(relay.report(inbound.id), { isEnabled: true, processed: 1, rateLimited: 199 });
  outbox.advance(seconds(100));
  say(inbound, ...many(2));
  assert.equal(relay.report(inbound.id).processed, 11);
  const outbound = outbox.open({ type: "outbound-full-relay" });
  for (let third = 10; third < 16; third++) say(outbound, ...many(third));
  assert.equal(relay.report(outbound.id).processed, 1_001);
  const trusted = outbox.open({ permissions: ["addr"] });
  say(trusted, ...many(30));
  assert.equal(relay.report(trusted.id).rateLimited, 0);
});

test("that addresses are dropped is told once a minute and peer, however many come, and at the end", () => {
  const { outbox, dropped, relay, say } = bench();
  const [peer, other] = [outbox.open(), outbox.open()];
  const two = (third: number) => [fresh(routable(1, third), 3_600), fresh(routable(2, third), 3_600)];
  say(peer, ...two(1));
  assert.deepEqual(dropped.splice(0), [[peer.id, 1, 1]]);
  for (let third = 2; third < 7; third++) say(peer, ...two(third));
  say(other, fresh(routable(3, 1), 3_600));
  assert.deepEqual(dropped, []);
  outbox.advance(minutes(1));
  say(peer, ...two(7), ...two(8), ...two(9), ...two(10));
  // Six of these are looked at.
  assert.deepEqual(dropped.splice(0), [[peer.id, 12, 13]]);
  say(peer, ...two(11));
  relay.closed(peer);
  relay.closed(other);
  assert.deepEqual(dropped, [[peer.id, 2, 15]]);
});

test("getaddr is answered once, to inbound peers, with 23 of a hundred and never more than 1,000", () => {
  const { outbox, book, heard } = bench();
  for (let i = 0; i < 1_000; i++) book.add(fresh(apart(i)), apart(i));
  const inbound = outbox.open();
  outbox.from(inbound, { type: "getaddr", value: null });
  outbox.from(inbound, { type: "getaddr", value: null });
  assert.ok(outbox.logged('Ignoring repeated "getaddr". peer=0'));
  outbox.advance(soon);
  assert.ok(book.size() > 900);
  assert.equal(heard(inbound).length, Math.floor(0.23 * book.size()));
  const outbound = outbox.open({ type: "outbound-full-relay" });
  outbox.from(outbound, { type: "getaddr", value: null });
  outbox.advance(soon);
  assert.deepEqual(heard(outbound), []);
});

test("all who ask within a day get one answer, and after a day or so another", () => {
  const { outbox, book, heard } = bench();
  for (let i = 0; i < 200; i++) book.add(fresh(apart(i)), apart(i));
  const ask = (options = {}): string => {
    const peer = outbox.open(options);
    outbox.from(peer, { type: "getaddr", value: null });
    outbox.advance(soon);
    return heard(peer).map(({ address }) => addressKey(address)).sort().join();
  };
  const first = ask();
  const elsewhere = { local: { ...LOOPBACK, port: 1 } };
  const other = ask(elsewhere);
  assert.notEqual(other, first, "who comes by another way has another answer");
  outbox.advance(hours(20));
  assert.deepEqual([ask(), ask(elsewhere)], [first, other]);
  assert.notEqual(ask({ permissions: ["addr"] }), first);
  outbox.advance(hours(8));
  assert.notEqual(ask(), first);
});

test("who is shunned is not told of", () => {
  const { outbox, book, shunned, heard } = bench();
  for (let i = 0; i < 200; i++) book.add(fresh(apart(i)), apart(i));
  for (let i = 0; i < 190; i++) shunned.add(addressKey(apart(i)));
  const peer = outbox.open();
  outbox.from(peer, { type: "getaddr", value: null });
  outbox.advance(soon);
  assert.ok(heard(peer).length < 20);
  assert.ok(heard(peer).every(({ address }) => !shunned.has(addressKey(address))));
});

test("what a peer told us, or was told, it is not told", () => {
  const { outbox, book, say, heard } = bench();
  book.add(fresh(routable(1)), routable(9));
  for (let i = 10; i < 20; i++) book.add(fresh(routable(i)), routable(9));
  const peer = outbox.open({ permissions: ["addr"] });
  for (let i = 10; i < 20; i++) say(peer, fresh(routable(i), 3_600));
  outbox.from(peer, { type: "getaddr", value: null });
  outbox.advance(soon);
  assert.ok(heard(peer).every(({ address }) => address.bytes[3] === 1));
});

test("local addresses are neither kept nor passed on, those of networks we cannot dial not kept", () => {
  const { outbox, book, learned, say, heard } = bench();
  const [teller, ...others] = join(outbox, 4);
  say(teller!, fresh(LOOPBACK));
  outbox.advance(soon);
  assert.deepEqual([book.size(), others.flatMap(heard).length], [0, 0]);
  say(teller!, { ...fresh(ONION), time: outbox.clock.unixTime() });
  outbox.advance(soon);
  const told = others.flatMap(heard).length;
  assert.ok(told === 1 || told === 2, `${told}`);
  assert.deepEqual([book.size(), learned], [0, []]);
});

test("an onion address goes only to peers that understand addrv2", () => {
  const { outbox, say, heard } = bench();
  const [teller] = join(outbox, 1);
  const old = join(outbox, 3, { addrV2: false });
  say(teller!, fresh(ONION));
  outbox.advance(soon);
  assert.deepEqual(old.flatMap(heard), []);
  say(teller!, { ...fresh(routable(1)), time: outbox.clock.unixTime() });
  outbox.advance(soon);
  assert.equal(old.flatMap((peer) => outbox.sent(peer, "addr")).length, 2);
});

test("who is shunned, and what serves no blocks, is neither kept nor passed on", () => {
  const { outbox, book, shunned, say } = bench();
  const peer = outbox.open({ permissions: ["addr"] });
  shunned.add(addressKey(routable(1)));
  say(peer, fresh(routable(1)));
  say(peer, { ...fresh(routable(2)), services: 0n });
  assert.equal(book.size(), 0);
});

test("a time that cannot be is taken to be five days ago", () => {
  const { outbox, book, say } = bench();
  const peer = outbox.open({ permissions: ["addr"] });
  say(peer, { ...fresh(routable(1)), time: START + 3_600 }, { ...fresh(routable(2)), time: 5 });
  const sampled = book.sample({ countMax: 10, percentMax: 0, isFiltered: true });
  for (const { time } of sampled) assert.equal(time, START - 5 * 24 * 3_600 - 2 * 3_600);
});

test("our own address goes out at once, alone, and again about once a day", () => {
  const { outbox, heard } = bench({ own: routable(200) });
  const peer = outbox.open({ type: "outbound-full-relay" });
  assert.deepEqual(heard(peer), [fresh(routable(200))]);
  assert.ok(outbox.logged("Advertising address 1.2.3.200:8333 to peer=0"));
  outbox.advance(hours(24 * 20) as Duration);
  const count = heard(peer).length;
  assert.ok(count > 10 && count < 35, `${count} in 20 days`);
});

test("our own address is not told while we catch up, nor unless we listen, nor to who has no part", () => {
  for (const listen of [true, false]) {
    const { outbox, chain, heard } = bench({ own: routable(200), listen });
    chain.isInitialBlockDownload = listen;
    const peer = outbox.open({ type: "outbound-full-relay" });
    outbox.settle();
    assert.deepEqual(heard(peer), []);
    chain.isInitialBlockDownload = false;
    outbox.passAll();
    assert.equal(heard(peer).length, listen ? 1 : 0);
  }
  const { outbox, heard } = bench({ own: routable(200) });
  const peers = [outbox.open({ type: "block-relay-only" }), outbox.open()];
  outbox.advance(soon);
  assert.deepEqual(peers.flatMap(heard), []);
});

test("on one machine, local addresses are kept, told to all within a second, and told again soon", () => {
  const { outbox, book, learned, say, heard } = bench({ localPeers: true, own: { ...LOOPBACK, port: 1 } });
  const [teller, ...others] = join(outbox, 6);
  say(teller!, fresh(LOOPBACK), fresh({ ...LOOPBACK, port: 1 }));
  outbox.settle();
  assert.deepEqual(learned, [addressKey(LOOPBACK)]);
  assert.equal(book.size(), 1);
  for (const peer of others) assert.ok(heard(peer).some(({ address }) => address.port === LOOPBACK.port));
  const late = outbox.open();
  outbox.from(late, { type: "getaddr", value: null });
  outbox.settle();
  // Of ourselves it may hear twice: each of us tells of itself every few seconds.
  const ports = new Set(heard(late).map(({ address }) => address.port));
  assert.deepEqual([...ports].sort((a, b) => a - b), [1, LOOPBACK.port]);
  outbox.forget();
  outbox.advance(minutes(1));
  assert.ok(heard(teller!).length > 3);
});

test("a connection for fetching addresses ends with the second address, or after five minutes", () => {
  const { outbox, say } = bench();
  const [quick, slow] = [outbox.open({ type: "addr-fetch" }), outbox.open({ type: "addr-fetch" })];
  say(quick, fresh(routable(1)));
  assert.deepEqual(outbox.dropped(quick), []);
  say(quick, fresh(routable(2)), fresh(routable(3)));
  assert.deepEqual(outbox.dropped(quick), ["addr-fetch-completed"]);
  outbox.advance(minutes(4.9));
  assert.deepEqual(outbox.dropped(slow), []);
  outbox.advance(minutes(0.2));
  assert.deepEqual(outbox.dropped(slow), ["addr-fetch-timeout"]);
});

test("a block-relay-only peer's addresses are ignored", () => {
  const { outbox, book, say } = bench();
  const peer = outbox.open({ type: "block-relay-only", permissions: ["addr"] });
  say(peer, fresh(routable(1)));
  assert.equal(book.size(), 0);
  assert.ok(outbox.logged("ignoring addrv2 message from block-relay-only peer=0"));
});
