/** Addresses: floods of them, odd ones, and what our own answers about them give away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concatBytes, equalBytes, fromHex } from "../../src/base/bytes.ts";
import type { Without } from "../../src/base/defences.ts";
import { below, seededRng } from "../../src/base/rng.ts";
import { hours, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { Permission } from "../../src/peer/peer.ts";
import { addressKey, type NetworkAddress } from "../../src/primitives/network_address.ts";
import type { TimedAddress } from "../../src/wire/messages/addr.ts";
import { besideNaive, twoColumns } from "../support/two_columns.ts";
import { type Attacker, type AttackSetup, VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const SERVICES = 0x409n;

/** Addresses in many networks, each once. */
function addressAt(index: number): NetworkAddress {
  const [first, second, third] = [20 + (index % 100), (index / 100) & 0xff, (index / 25_600) & 0xff];
  const bytes = Uint8Array.of(first, second, third, 1 + (index % 250));
  return { network: "ipv4", bytes, port: 8333 };
}

function timed(world: VictimWorld, addresses: readonly NetworkAddress[]): readonly TimedAddress[] {
  const time = world.world.clock.unixTime() - 3_600;
  return addresses.map((address) => ({ address, services: SERVICES, time }));
}

function tells(world: VictimWorld, attacker: Attacker, from: number, count: number): void {
  const addresses = Array.from({ length: count }, (_, i) => addressAt(from + i));
  for (let start = 0; start < count; start += 1_000) {
    const part = timed(world, addresses.slice(start, start + 1_000));
    attacker.says({ type: "addr", value: { addresses: part } });
  }
}

test("attack 11, addr spam: of 12,000 addresses in twelve minutes 73 are looked at, without the limit all", (t) => {
  const lookedAt = (without: Without): number => {
    const world = new VictimWorld({ without });
    const attacker = world.inbound();
    for (let minute = 0; minute < 12; minute++) {
      tells(world, attacker, 1_000 * minute, 1_000);
      world.pass(minutes(1), seconds(30));
    }
    const peer = world.peer(attacker);
    assert.ok(peer !== undefined);
    return world.core.peerReport(peer).addressesProcessed;
  };
  const { defended, undefended } = twoColumns(t, "addr-rate-limit", lookedAt);
  // One at once, and one for each ten seconds.
  assert.ok(defended <= 73, `${defended}`);
  assert.equal(undefended, 12_000);
});

test("attack 11, addr spam: numbers of addresses go past 2^32 without one becoming another", () => {
  const world = new VictimWorld();
  const known = new Set<string>();
  for (let i = 0; i < 3_000; i++) known.add(addressKey(addressAt(i)));
  assert.equal(known.size, 3_000, "an address is known by all its bytes, not by a number that could overflow");
  const addresses = Array.from({ length: 3_000 }, (_, i) => addressAt(i));
  world.world.command({ type: "add-addresses", addresses, source: addressAt(9) });
  for (const { address } of world.core.addresses.entries()) {
    assert.ok(known.has(addressKey(address)));
  }
});

test("attack 12, addresses of one source: 64 of 1,024 buckets are what it reaches, without groups all", (t) => {
  const reached = (without: Without): readonly [buckets: number, addresses: number] => {
    const world = new VictimWorld({ without });
    const source = addressAt(77);
    for (let start = 0; start < 20_000; start += 5_000) {
      const addresses = Array.from({ length: 5_000 }, (_, i) => addressAt(start + i));
      world.world.command({ type: "add-addresses", addresses, source });
    }
    const entries = [...world.core.addresses.entries()].filter(({ table }) => table === "new");
    return [new Set(entries.map(({ bucket }) => bucket)).size, entries.length];
  };
  const { defended, undefended } = twoColumns(t, "source-buckets", reached);
  assert.ok(defended[0] <= 64 && defended[1] <= 64 * 64);
  assert.ok(undefended[0] > 1_000 && undefended[1] > 12_000);
});

test("attack 12, addresses from a connection that is only for blocks: none is looked at", () => {
  const world = new VictimWorld();
  const before = world.core.addresses.size();
  const attacker = world.outbound("block-relay-only");
  const added = world.core.addresses.size();
  tells(world, attacker, 0, 1_000);
  assert.equal(world.core.addresses.size(), added, `${before} before it was dialled`);
});

/** What a node that knows 2,000 addresses tells one who asks. */
function askedBy(world: VictimWorld, permissions: readonly Permission[] = []): ReadonlySet<string> {
  const attacker = world.inbound({ permissions, features: [{ type: "sendaddrv2", value: null }] });
  attacker.says({ type: "getaddr", value: null });
  world.pass(minutes(5), seconds(20));
  const told = attacker.told("addrv2").flatMap(({ addresses }) => addresses);
  return new Set(told.map(({ address }) => addressKey(address)));
}

function wellConnected(setup: AttackSetup = {}): VictimWorld {
  const world = new VictimWorld(setup);
  const rng = seededRng(35);
  for (let i = 0; i < 80; i++) {
    const addresses = Array.from({ length: 25 }, (_, j) => addressAt(25 * i + j));
    world.world.command({ type: "add-addresses", addresses, source: addressAt(below(rng, 2_000)) });
  }
  return world;
}

test("attack 35, fingerprint by getaddr: whoever asks within a day gets the same answer; who is trusted, another", () => {
  const world = wellConnected();
  const [first, second] = [askedBy(world), askedBy(world)];
  assert.ok(first.size > 100, `${first.size} addresses`);
  assert.ok(first.size <= Math.ceil(0.23 * world.core.addresses.size()) + 1, "23 of a hundred at most");
  assert.deepEqual([...second].sort(), [...first].sort());
  const trusted = askedBy(world, ["addr"]);
  assert.notDeepEqual([...trusted].sort(), [...first].sort());
});

test("attack 35, fingerprint by getaddr: six connections read out a quarter of the book, without that rule most of it", (t) => {
  const { defended, undefended } = twoColumns(t, "addr-answer-cache", (without) => {
    const world = wellConnected({ without });
    const seen = new Set<string>();
    for (let i = 0; i < 6; i++) for (const address of askedBy(world)) seen.add(address);
    return Math.round((100 * seen.size) / world.core.addresses.size());
  });
  assert.ok(defended <= 24, `${defended} %`);
  assert.ok(undefended > 60, `${undefended} %`);
});

test("attack 35, fingerprint by getaddr: a second question of the same peer is not answered", () => {
  const world = wellConnected({ isDebugging: true });
  const attacker = world.inbound();
  for (let i = 0; i < 5; i++) attacker.says({ type: "getaddr", value: null });
  world.pass(minutes(5), seconds(20));
  const told = attacker.told("addr").flatMap(({ addresses }) => addresses);
  assert.equal(new Set(told.map(({ address }) => addressKey(address))).size, told.length, "each once");
  assert.equal(world.logged("Ignoring repeated \"getaddr\""), 4);
});

test("attack 35, fingerprint by times: what we tell of an address's time is none of a connection of ours", () => {
  const world = new VictimWorld();
  const peer = world.outbound("outbound-full-relay", { from: "81.7.2.3:8333" });
  const before = [...world.core.addresses.entries()].map(({ time }) => time);
  for (let i = 0; i < 20; i++) {
    peer.says({ type: "ping", value: { nonce: BigInt(i) } });
    world.pass(minutes(3), seconds(30));
  }
  // Refreshed only when it ends: while it lasts, the time would say that we are connected.
  assert.deepEqual([...world.core.addresses.entries()].map(({ time }) => time), before);
});

/** One entry of an addrv2 message. */
function entry(network: number, bytes: Bytes, time = 0x6000_0000): Bytes {
  const length = bytes.length < 0xfd
    ? Uint8Array.of(bytes.length) : Uint8Array.of(0xfd, bytes.length & 0xff, bytes.length >>> 8);
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, time, true);
  return concatBytes(head, Uint8Array.of(1), Uint8Array.of(network), length, bytes, Uint8Array.of(0x20, 0x8d));
}

test("attack 38, odd addrv2: unknown networks and forms are stepped over, and the good one among them is kept", (t) => {
  const good = Uint8Array.of(99, 1, 2, 3);
  const odd: readonly (readonly [what: string, entry: Bytes])[] = [
    ["no address at all", entry(0, new Uint8Array(0))],
    ["a network to come", entry(200, new Uint8Array(512))],
    ["Tor's old form", entry(3, new Uint8Array(10))],
    ["IPv4 inside IPv6", entry(2, fromHex("00000000000000000000ffff01020304"))],
    ["Tor's old form inside IPv6", entry(2, fromHex("fd87d87eeb4301020304050607080910"))],
    ["CJDNS without its prefix", entry(6, fromHex("20010db8000000000000000000000001"))],
  ];
  let [kept, sent] = [0, 0];
  for (const [what, bytes] of odd) {
    const world = new VictimWorld({ without: new Set(["addr-rate-limit"]) });
    const attacker = world.inbound({ features: [{ type: "sendaddrv2", value: null }] });
    attacker.sends({ type: "addrv2", payload: concatBytes(Uint8Array.of(2), bytes, entry(1, good)) });
    assert.ok(attacker.isConnected, what);
    const known = [...world.core.addresses.entries()].map(({ address }) => address);
    assert.equal(known.length, 1, what);
    assert.ok(known[0] !== undefined && equalBytes(known[0].bytes, good), what);
    kept += known.length;
    sent += 2;
  }
  besideNaive(t, "a reader that takes whatever network and length is named", { node: kept, other: sent });
});

test("attack 38, odd addrv2: lengths that cannot be spoil the message, and nothing of it is kept", () => {
  const good = entry(1, Uint8Array.of(99, 1, 2, 3));
  const bad: readonly (readonly [what: string, entry: Bytes])[] = [
    ["513 bytes", entry(200, new Uint8Array(513))],
    ["IPv4 of five bytes", entry(1, new Uint8Array(5))],
    ["Tor of 31 bytes", entry(4, new Uint8Array(31))],
    ["cut short", entry(5, new Uint8Array(32)).subarray(0, 20)],
  ];
  for (const [what, bytes] of bad) {
    const world = new VictimWorld({ without: new Set(["addr-rate-limit"]) });
    const attacker = world.inbound({ features: [{ type: "sendaddrv2", value: null }] });
    attacker.sends({ type: "addrv2", payload: concatBytes(Uint8Array.of(2), good, bytes) });
    assert.equal(world.core.addresses.size(), 0, what);
    // Forms of the future are no offence; who dials is not punished for what a peer of its peer made up.
    attacker.says({ type: "ping", value: { nonce: 1n } });
    assert.equal(attacker.told("pong").length, attacker.isConnected ? 1 : 0, what);
  }
});

test("attack 35, fingerprint over time: after a day the answer to getaddr is drawn anew", () => {
  const world = wellConnected();
  const first = askedBy(world);
  world.pass(hours(28), minutes(30));
  assert.notDeepEqual([...askedBy(world)].sort(), [...first].sort());
});
