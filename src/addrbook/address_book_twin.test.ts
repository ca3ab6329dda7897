import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { silentLogger } from "../base/logger.ts";
import { below, type Rng, seededRng } from "../base/rng.ts";
import { type Instant, minutes, type UnixSeconds } from "../base/time.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { AddressBook, DEFAULT_BOOK_OPTIONS } from "./address_book.ts";
import { isTerrible } from "./address_chance.ts";
import type { KnownAddress } from "./address_record.ts";
import { decodeBook } from "./address_file.ts";
import { BucketPlaces } from "./bucket_places.ts";
import { NetGroups } from "./net_groups.ts";
import { DEFAULT_TABLE_RULES, type TableRules } from "./table_rules.ts";
import { collisionOutcome } from "./tried_collisions.ts";

/** Small, so that places are in dispute. */
const RULES: TableRules = {
  ...DEFAULT_TABLE_RULES, newBuckets: 8, triedBuckets: 4, bucketSize: 4, newBucketsPerSourceGroup: 4,
  triedBucketsPerGroup: 2, placesPerAddress: 3,
};
const START = 1_700_000_000;
const MAGIC = Uint8Array.of(1, 2, 3, 4);

interface PlainInfo extends KnownAddress {
  services: bigint;
  time: number;
  source: NetworkAddress;
  triedAt: Instant | undefined;
  succeededAt: Instant | undefined;
  attempts: number;
}

/** Bitcoin Core's addrman.cpp on two arrays of names: everything is looked for where it may be. */
class PlainBook {
  readonly #places: BucketPlaces;
  readonly #clock: VirtualClock;
  readonly #rng: Rng;
  readonly #infos = new Map<string, PlainInfo>();
  readonly #new = new Array<string | undefined>(RULES.newBuckets * RULES.bucketSize).fill(undefined);
  readonly #tried = new Array<string | undefined>(RULES.triedBuckets * RULES.bucketSize).fill(undefined);
  readonly #waiting: string[] = [];

  constructor(places: BucketPlaces, clock: VirtualClock, rng: Rng) {
    this.#places = places;
    this.#clock = clock;
    this.#rng = rng;
  }

  add({ address, services, time }: KnownAddress, source: NetworkAddress, penaltySeconds: number): boolean {
    const name = addressKey(address);
    const info = this.#infos.get(name);
    if (info !== undefined) {
      const interval = this.#clock.unixTime() - time < 86_400 ? 3_600 : 86_400;
      if (info.time < time - interval - penaltySeconds) info.time = Math.max(0, time - penaltySeconds);
      info.services |= services;
      if (time <= info.time || this.#tried.includes(name)) return false;
      const references = this.#references(name);
      if (references === RULES.placesPerAddress || below(this.#rng, 2 ** references) !== 0) return false;
    }
    const place = this.#places.inNew(address, source);
    const there = this.#new[place];
    if (there === name) return false;
    if (there !== undefined) {
      const occupant = this.#infos.get(there) as PlainInfo;
      const isSpare = this.#references(there) > 1 && this.#references(name) === 0;
      if (!isSpare && !isTerrible(occupant, this.#clock.now(), this.#clock.unixTime())) return false;
    }
    if (info === undefined) {
      const fresh = { triedAt: undefined, succeededAt: undefined, attempts: 0 };
      const heardAt = Math.max(0, time - penaltySeconds);
      this.#infos.set(name, { address, services, source, time: heardAt, ...fresh });
    }
    this.#new[place] = name;
    this.#forgetLost();
    return true;
  }

  good(address: NetworkAddress): boolean {
    const name = addressKey(address);
    const info = this.#infos.get(name);
    if (info === undefined) return false;
    info.succeededAt = info.triedAt = this.#clock.now();
    if (this.#tried.includes(name)) return false;
    const place = this.#places.inTried(address);
    if (this.#tried[place] === undefined) {
      this.#makeTried(name, place);
      return true;
    }
    if (this.#waiting.length < 10 && !this.#waiting.includes(name)) this.#waiting.push(name);
    return false;
  }

  attempted(address: NetworkAddress): void {
    const info = this.#infos.get(addressKey(address));
    if (info !== undefined) info.triedAt = this.#clock.now();
  }

  resolveCollisions(): void {
    const now = this.#clock.now();
    for (const name of [...this.#waiting]) {
      const info = this.#infos.get(name);
      const place = info === undefined ? 0 : this.#places.inTried(info.address);
      const old = this.#infos.get(this.#tried[place] ?? "");
      const isMoot = info === undefined || this.#tried.includes(name);
      const outcome = isMoot ? "keep" : old === undefined ? "replace" : collisionOutcome(old, info, now);
      if (outcome === "wait") continue;
      this.#waiting.splice(this.#waiting.indexOf(name), 1);
      if (outcome === "keep" || info === undefined) continue;
      info.succeededAt = info.triedAt = now;
      this.#makeTried(name, place);
    }
  }

  seats(): readonly string[] {
    const seat = (table: string) => (name: string | undefined, place: number): string[] => {
      const bucket = Math.floor(place / RULES.bucketSize);
      return name === undefined ? [] : [`${table} ${bucket}/${place % RULES.bucketSize} ${name}`];
    };
    return [...this.#new.flatMap(seat("new")), ...this.#tried.flatMap(seat("tried"))];
  }

  #makeTried(name: string, place: number): void {
    for (let i = 0; i < this.#new.length; i++) if (this.#new[i] === name) this.#new[i] = undefined;
    const evicted = this.#infos.get(this.#tried[place] ?? "");
    this.#tried[place] = name;
    if (evicted !== undefined) {
      this.#new[this.#places.inNew(evicted.address, evicted.source)] = addressKey(evicted.address);
    }
    this.#forgetLost();
  }

  #references(name: string): number {
    return this.#new.filter((each) => each === name).length;
  }

  #forgetLost(): void {
    for (const name of this.#infos.keys()) {
      if (!this.#new.includes(name) && !this.#tried.includes(name)) this.#infos.delete(name);
    }
  }
}

function host(number: number): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(1 + (number % 9), number % 4, 1, number), port: 8333 };
}

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({
    type: fc.constant("add" as const), number: fc.nat(60), source: fc.nat(60), age: fc.nat(7_200),
    penalty: fc.constantFrom(0, 7_200),
  }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("good" as const), number: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("attempted" as const), number: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("advance" as const), length: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.constant({ type: "resolve" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "restart" as const }) },
);

test("the book has its addresses where arrays that are searched have them, and after a restart", () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 20, maxLength: 150 }), fc.nat(), (operations, seed) => {
      const clock = new VirtualClock(START as UnixSeconds);
      const groups = new NetGroups(undefined, false);
      const key = new Uint8Array(32).fill(1 + (seed % 200));
      const options = { ...DEFAULT_BOOK_OPTIONS, rules: RULES, key, checkRatio: 1 };
      const ports = { clock, rng: seededRng(seed), logger: silentLogger, groups };
      const book = new AddressBook(ports, options);
      const twin = new PlainBook(new BucketPlaces(key, groups, RULES), clock, seededRng(seed));
      for (const each of operations) {
        switch (each.type) {
          case "add": {
            const known = { address: host(each.number), services: 1n, time: clock.unixTime() - each.age };
            const source = host(each.source);
            const penalty = each.number === each.source ? 0 : each.penalty;
            const isAdded = book.add(known, source, { penaltySeconds: each.penalty });
            assert.equal(isAdded, twin.add(known, source, penalty));
            break;
          }
          case "good":
            assert.equal(book.good(host(each.number)), twin.good(host(each.number)));
            break;
          case "attempted":
            book.attempted(host(each.number), clock.now(), false);
            twin.attempted(host(each.number));
            break;
          case "advance":
            clock.advance(minutes(each.length));
            break;
          case "resolve":
            book.resolveCollisions();
            twin.resolveCollisions();
            break;
          case "restart": {
            const reading = decodeBook(book.save(MAGIC), MAGIC, RULES);
            assert.equal(reading.type, "book");
            if (reading.type !== "book") break;
            const restarted = AddressBook.load({ ...ports, rng: seededRng(1) }, reading.book, options);
            assert.deepEqual(seatsOf(restarted), twin.seats());
            break;
          }
        }
        assert.deepEqual(seatsOf(book), twin.seats());
      }
    }),
    { numRuns: 100 },
  );
});

function seatsOf(book: AddressBook): readonly string[] {
  return book.entries().map(({ table, bucket, position, address }) =>
    `${table} ${bucket}/${position} ${addressKey(address)}`);
}

test("a dispute is decided by the last four hours, a minute for the test, forty minutes for all", () => {
  const at = (minutesAgo: number | undefined): Instant | undefined =>
    minutesAgo === undefined ? undefined : ((1e12 - minutes(minutesAgo)) as Instant);
  const outcome = (succeeded: number | undefined, tried: number | undefined, newcomer: number) =>
    collisionOutcome(
      { succeededAt: at(succeeded), triedAt: at(tried) }, { succeededAt: at(newcomer) }, 1e12 as Instant);
  assert.equal(outcome(239, 239, 1), "keep");
  assert.equal(outcome(241, 239, 1), "replace");
  assert.equal(outcome(241, 1, 1), "wait");
  assert.equal(outcome(241, 1.1, 1), "replace");
  assert.equal(outcome(241, undefined, 40), "wait");
  assert.equal(outcome(241, undefined, 40.1), "untested");
});
