import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { below, seededRng } from "../base/rng.ts";
import { days, minutes, seconds, type UnixSeconds } from "../base/time.ts";
import {
  addressKey, NETWORK_BYTES, type NetworkAddress, type NetworkName,
} from "../primitives/network_address.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { ADDRESS_COUNT_MAX, AddressBook, type KnownAddress } from "./address_book.ts";

const START = 1_700_000_000;
const OTHER: NetworkAddress = { network: "ipv4", bytes: Uint8Array.of(9, 9, 9, 9), port: 1 };

function host(number: number, network: NetworkName = "ipv4"): NetworkAddress {
  const bytes = new Uint8Array(NETWORK_BYTES[network]);
  new DataView(bytes.buffer).setUint32(0, 0x0100_0000 + number);
  return { network, bytes, port: 8333 };
}

function known(number: number, age = 0): KnownAddress {
  return { address: host(number), services: 9n, time: START - age };
}

function bench(seed = 1) {
  const clock = new VirtualClock(START as UnixSeconds);
  const rng = seededRng(seed);
  return { clock, rng, book: new AddressBook({ clock, rng }) };
}

const all = () => true;

test("an address is new once, whoever tells of it", () => {
  const { book } = bench();
  assert.equal(book.add(known(1), OTHER), true);
  assert.equal(book.add(known(1), host(5)), false);
  assert.equal(book.size, 1);
});

test("hearsay is taken to be two hours older than it says, what a node says of itself is not", () => {
  const { book } = bench();
  book.add(known(1), OTHER);
  book.add(known(2), host(2));
  const times = new Map(book.sample(2).map(({ address, time }) => [addressKey(address), time]));
  assert.equal(times.get(addressKey(host(1))), START - 2 * 3_600);
  assert.equal(times.get(addressKey(host(2))), START);
});

test("an address that was heard of again is fresher, and never staler", () => {
  const { book } = bench();
  book.add(known(1, 86_400), host(1));
  book.add(known(1, 3_600), host(1));
  book.add(known(1, 7_200), host(1));
  assert.equal(book.sample(1)[0]!.time, START - 3_600);
});

test("select gives everything that is accepted, sooner or later, and nothing when nothing is", () => {
  const { book } = bench();
  assert.equal(book.select(all), undefined);
  for (let i = 0; i < 50; i++) book.add(known(i), OTHER);
  const seen = new Set<string>();
  for (let i = 0; i < 1_000; i++) seen.add(addressKey(book.select(all)!.address));
  assert.equal(seen.size, 50);
  const one = addressKey(host(33));
  assert.equal(addressKey(book.select(({ address }) => addressKey(address) === one)!.address), one);
  assert.equal(book.select(() => false), undefined);
});

test("what was just tried, or failed often, is seldom chosen", () => {
  const { book, clock } = bench();
  for (let i = 0; i < 3; i++) book.add(known(i), OTHER);
  book.attempted(host(0), clock.now());
  for (let i = 0; i < 8; i++) book.attempted(host(1), clock.now());
  clock.advance(seconds(30));
  const counts = [0, 0, 0];
  for (let i = 0; i < 2_000; i++) counts[book.select(all)!.address.bytes[3]!]!++;
  assert.ok(counts[2]! > 1_900 && counts[0]! < 60, `${counts}`);
  clock.advance(minutes(20));
  counts.fill(0);
  for (let i = 0; i < 2_000; i++) counts[book.select(all)!.address.bytes[3]!]!++;
  assert.ok(counts[0]! > 500 && counts[1]! < 150, `${counts}`);
});

test("sample tells of nothing stale, hopeless, or of another network than the one named", () => {
  const { book, clock } = bench();
  for (let i = 0; i < 10; i++) book.add(known(i), host(i));
  book.add({ ...known(50), address: host(50, "onion") }, OTHER);
  book.add(known(60, 31 * 86_400), host(60));
  for (let i = 0; i < 3; i++) book.attempted(host(0), clock.now());
  clock.advance(minutes(2));
  const told = book.sample(100);
  assert.equal(told.length, 10);
  assert.ok(told.every(({ address }) => address.bytes[3] !== 0 && address.bytes[3] !== 60));
  assert.deepEqual(book.sample(100, "onion").map(({ address }) => address.network), ["onion"]);
  assert.equal(book.sample(4).length, 4);
  assert.equal(new Set(book.sample(8).map(({ address }) => addressKey(address))).size, 8);
});

test("a success wipes out failures, and a week without one after ten makes an address hopeless", () => {
  const { book, clock } = bench();
  book.add(known(1), host(1));
  for (let i = 0; i < 5; i++) book.attempted(host(1), clock.now());
  book.connected(host(1), 1n);
  clock.advance(minutes(2));
  assert.deepEqual(book.sample(1).map(({ services }) => services), [1n]);
  for (let i = 0; i < 9; i++) book.attempted(host(1), clock.now());
  clock.advance(days(8));
  assert.equal(book.sample(1).length, 1);
  book.attempted(host(1), clock.now());
  clock.advance(minutes(2));
  assert.equal(book.sample(1).length, 0);
  book.connected(host(1), 1n);
  assert.equal(book.sample(1).length, 1);
});

test("the book is bounded: new addresses push out old ones, but none that we were connected to", () => {
  const { book } = bench();
  const kept = Array.from({ length: 50 }, (_, i) => i);
  for (const i of kept) book.add(known(i), OTHER);
  for (const i of kept) book.connected(host(i), 9n);
  for (let i = 100; i < ADDRESS_COUNT_MAX + 5_000; i++) book.add(known(i, 3_600), OTHER);
  assert.equal(book.size, ADDRESS_COUNT_MAX);
  for (const i of kept) assert.equal(book.add(known(i), OTHER), false, `${i} is still there`);
});

test("what was saved is loaded", () => {
  const networks: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { book, clock, rng } = bench(seed);
      for (let i = 0; i < 20; i++) {
        book.add({ ...known(i, below(rng, 1_000_000)), address: host(i, networks[i % 5]) }, OTHER);
      }
      book.connected(host(0), 9n);
      const loaded = AddressBook.load({ clock, rng }, book.save());
      assert.equal(loaded.warning, undefined);
      assert.deepEqual(loaded.book.save(), book.save());
      assert.equal(loaded.book.size, 20);
    }),
    { numRuns: 20 },
  );
});

test("a damaged file, or none of ours, starts an empty book and says why", () => {
  const { book, clock, rng } = bench();
  for (let i = 0; i < 10; i++) book.add(known(i), OTHER);
  const bytes = book.save();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ (1 << below(rng, 8));
    const { book: empty, warning } = AddressBook.load({ clock, rng }, damaged);
    assert.equal(empty.size, 0);
    assert.match(warning ?? "", /^Starting without known addresses: peers.dat /);
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.notEqual(AddressBook.load({ clock, rng }, bytes.subarray(0, length)).warning, undefined);
  }
});

test("a file of a newer format is refused by its number", () => {
  const { book, clock, rng } = bench();
  const bytes = book.save().slice();
  bytes[4] = 2;
  assert.match(AddressBook.load({ clock, rng }, bytes).warning ?? "", /format 2, and this version reads 1/);
});
