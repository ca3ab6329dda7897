/**
 * Addresses of nodes that we may dial or tell others of.
 *
 * Built so that who tells us many addresses cannot fill the book, and who holds many addresses cannot
 * be most of those that we dial: see `AddressTables` for what is where, `BucketPlaces` for who may stand
 * where, `TriedCollisions` for who keeps a place. Nothing here says which addresses suit the node now:
 * whoever dials draws again.
 *
 * Source: Bitcoin Core, addrman.cpp. Eclipse attacks that it was made against: Heilman, Kendler, Zohar,
 * Goldberg, "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { below, fraction, randomBytes, type Rng } from "../base/rng.ts";
import { type Clock, type Instant, toUnixSeconds } from "../base/time.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { isUsable, type NetworkAddress } from "../primitives/network_address.ts";
import { chanceOf, isTerrible } from "./address_chance.ts";
import { type BookContents, BookEncoder, encodeBook, type SavedBook } from "./address_file.ts";
import type { AddressRecord, KnownAddress, StoredAddress } from "./address_record.ts";
import { AddressTables } from "./address_tables.ts";
import { logPlace } from "./book_log.ts";
import type {
  BookEntry, SampleRules, Selected, SelectRules, SizeRules,
} from "./book_queries.ts";
import { BUCKET_KEY_BYTES, BucketPlaces } from "./bucket_places.ts";
import { TableChecker } from "./check_tables.ts";
import type { NetGroups } from "./net_groups.ts";
import { keepsBuckets, restoreTables, tableContents } from "./restore_tables.ts";
import { DEFAULT_TABLE_RULES, type TableRules } from "./table_rules.ts";
import { TriedCollisions } from "./tried_collisions.ts";

/** What was told an hour ago is news only if an address is online: else a day must lie between. */
const ONLINE_SECONDS = 24 * 60 * 60;
const UPDATE_ONLINE_SECONDS = 60 * 60;
const UPDATE_SECONDS = 24 * 60 * 60;
/** A connection that ends says when its peer was last there, if that is news by so much. */
const CONNECTED_UPDATE_SECONDS = 20 * 60;
/** Each draw in vain makes the next likelier to be taken, so that there are few. */
const CHANCE_GROWTH = 1.2;

export interface AddressBookPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly groups: NetGroups;
}

export interface AddressBookOptions {
  /** Takes addresses of this machine too: for networks inside one machine. @default false */
  readonly localPeers: boolean;
  /** The key of the buckets, 32 bytes; left out, it is drawn. Whoever knows it can fill the tables. */
  readonly key?: Bytes | undefined;
  /** Of so many calls, one checks everything (`-checkaddrman`); zero for none. @default 0 */
  readonly checkRatio: number;
  /** For comparisons only. */
  readonly rules: TableRules;
}

export const DEFAULT_BOOK_OPTIONS: AddressBookOptions = {
  localPeers: false, checkRatio: 0, rules: DEFAULT_TABLE_RULES,
};

export class AddressBook {
  readonly #ports: AddressBookPorts;
  readonly #options: AddressBookOptions;
  readonly #tables: AddressTables;
  readonly #collisions: TriedCollisions;
  readonly #checker: TableChecker;
  /** The last success with anybody; at first one moment after the beginning, so that 'never' was before. */
  #lastGoodAt = 1 as Instant;

  constructor(ports: AddressBookPorts, options: AddressBookOptions = DEFAULT_BOOK_OPTIONS) {
    const { rng, groups } = ports;
    const { rules } = options;
    this.#ports = ports;
    this.#options = options;
    const places = new BucketPlaces(options.key ?? randomBytes(rng, BUCKET_KEY_BYTES), groups, rules);
    this.#tables = new AddressTables(places, rules);
    this.#collisions = new TriedCollisions(this.#tables, rng);
    this.#checker = new TableChecker(this.#tables, ports, options.checkRatio);
  }

  /** A book with what a file held, under the key that it had. */
  static load(
    ports: AddressBookPorts, saved: SavedBook, options: AddressBookOptions = DEFAULT_BOOK_OPTIONS,
  ): AddressBook {
    const { groups, logger } = ports;
    const book = new AddressBook(ports, { ...options, key: saved.key });
    const keeps = keepsBuckets(saved, book.#tables, groups);
    if (!keeps) {
      logger.debug("addrman", () => "Bucketing method was updated, re-bucketing addrman entries from disk");
    }
    const lost = restoreTables(book.#tables, saved, keeps);
    if (lost.new + lost.tried > 0) {
      logger.debug("addrman", () => `addrman lost ${lost.new} new and ${lost.tried} tried addresses due to ` +
        "collisions or invalid addresses");
    }
    return book;
  }

  size({ network, isNew }: SizeRules = {}): number {
    const counts = this.#tables.counts(network === undefined ? undefined : [network]);
    if (isNew === undefined) return counts.new + counts.tried;
    return isNew ? counts.new : counts.tried;
  }

  /** Every place that is taken: first in `new`, then in `tried`, by bucket and position. */
  entries(): readonly BookEntry[] {
    const entries: BookEntry[] = [];
    for (const table of ["new", "tried"] as const) {
      for (const { bucket, position, record } of this.#tables[table].seats()) {
        const { address, services, time, source } = record;
        entries.push({ address, services, time, source, table, bucket, position });
      }
    }
    return entries;
  }

  /**
   * `source` has told us of an address. Returns whether that gave it a place. By `penaltySeconds` its
   * time is taken to be too good, unless it tells of itself.
   */
  add(
    known: KnownAddress, source: NetworkAddress,
    { penaltySeconds = 0 }: { readonly penaltySeconds?: number } = {},
  ): boolean {
    if (!this.#isAdmissible(known.address)) return false;
    this.#checker.run();
    const penalty = isSameHost(known.address, source) ? 0 : penaltySeconds;
    const present = this.#tables.find(known.address);
    if (present !== undefined && !this.#isNews(present, known, penalty)) return false;
    const place = this.#tables.places.inNew(known.address, source);
    if (!this.#mayHave(place, present)) return false;
    const record = present ?? this.#tables.create(heardOf(known, source, penalty));
    this.#tables.putNew(record, place);
    logPlace(this.#ports, "Added", record, this.#tables);
    this.#checker.run();
    return true;
  }

  /** A connection to it was tried at `at`; `countsFailure`: and is to count should it fail. */
  attempted(address: NetworkAddress, at: Instant, countsFailure: boolean): void {
    const record = this.#tables.find(address);
    if (record === undefined) return;
    record.triedAt = at;
    // While we are offline all fail, which is nobody's fault.
    if (!countsFailure || (record.countedAt ?? 0) >= this.#lastGoodAt) return;
    record.countedAt = at;
    record.attempts++;
  }

  /** A handshake with it was completed. Returns whether it moved to `tried`: not if its place is taken. */
  good(address: NetworkAddress, at: Instant = this.#ports.clock.now()): boolean {
    this.#checker.run();
    this.#lastGoodAt = at;
    const record = this.#tables.find(address);
    if (record === undefined) return false;
    // Not its time, which is told to others, and would tell them whom we are connected to.
    record.succeededAt = at;
    record.triedAt = at;
    record.attempts = 0;
    if (record.isTried) return false;
    const isMoved = this.#claimTried(record);
    this.#checker.run();
    return isMoved;
  }

  /** A connection with it, a good one, has ended. */
  connected(address: NetworkAddress, at: Instant = this.#ports.clock.now()): void {
    const record = this.#tables.find(address);
    const time = toUnixSeconds(at);
    if (record !== undefined && time - record.time > CONNECTED_UPDATE_SECONDS) record.time = time;
  }

  setServices(address: NetworkAddress, services: bigint): void {
    const record = this.#tables.find(address);
    if (record !== undefined) record.services = services;
  }

  /**
   * One to dial, at random, from either table as likely as not, but seldom one that failed lately;
   * `undefined` when there is none at all. In constant time.
   */
  select({ newOnly = false, networks }: SelectRules = {}): Selected | undefined {
    this.#checker.run();
    const { clock, rng, logger } = this.#ports;
    const counts = this.#tables.counts(networks);
    if (counts.new + (newOnly ? 0 : counts.tried) === 0) return undefined;
    const isFromTried = !newOnly && counts.tried > 0 && (counts.new === 0 || below(rng, 2) === 0);
    const name = isFromTried ? "tried" : "new";
    const now = clock.now();
    for (let growth = 1; ; growth *= CHANCE_GROWTH) {
      const record = this.#tables[name].draw(rng, networks);
      assert(record !== undefined, "a table that is not empty can be drawn from");
      if (fraction(rng) >= growth * chanceOf(record, now)) continue;
      logger.debug("addrman", () => `Selected ${formatAddress(record.address)} from ${name}`);
      return record;
    }
  }

  /** Decides who gets the places in `tried` that are in dispute. To be called before `selectCollision`. */
  resolveCollisions(): void {
    this.#checker.run();
    const now = this.#ports.clock.now();
    this.#collisions.resolve(now, (record, instead) => {
      if (instead !== undefined) {
        const [one, other] = [formatAddress(instead.address), formatAddress(record.address)];
        this.#ports.logger.debug("addrman", () => `Replacing ${one} with ${other} in tried table`);
      }
      record.succeededAt = now;
      record.triedAt = now;
      record.attempts = 0;
      this.#makeTried(record);
    });
    this.#checker.run();
  }

  /** One whose place in `tried` another waits for: to be dialled, to see whether it is still there. */
  selectCollision(): Selected | undefined {
    return this.#collisions.select();
  }

  /** Random ones: for `addr` answers and RPC. */
  sample({ countMax, percentMax, network, isFiltered }: SampleRules): readonly KnownAddress[] {
    this.#checker.run();
    const { clock, rng } = this.#ports;
    const { length } = this.#tables.all;
    const [now, unixTime] = [clock.now(), clock.unixTime()];
    const share = percentMax === 0 ? length : Math.floor((percentMax * length) / 100);
    const count = countMax === 0 ? share : Math.min(share, countMax);
    return this.#tables.draw(rng, count, (record) =>
      (network === undefined || record.address.network === network) &&
      !(isFiltered && isTerrible(record, now, unixTime)));
  }

  /** What `peers.dat` of the network with this magic holds; `decodeBook` and `AddressBook.load` read it. */
  save(magic: Bytes): Bytes {
    return encodeBook(this.#contents, magic);
  }

  /** The same, while the node does other things. */
  saveSlowly(magic: Bytes): BookEncoder {
    return new BookEncoder(this.#contents, magic);
  }

  get #contents(): BookContents {
    return tableContents(this.#tables, this.#ports.groups);
  }

  #isAdmissible(address: NetworkAddress): boolean {
    return isUsable(address, this.#options.localPeers);
  }

  /** Notes what is new of one that is known; whether it may have one more place on account of it. */
  #isNews(record: AddressRecord, { services, time }: KnownAddress, penalty: number): boolean {
    const { clock, rng } = this.#ports;
    const isOnline = clock.unixTime() - time < ONLINE_SECONDS;
    const interval = isOnline ? UPDATE_ONLINE_SECONDS : UPDATE_SECONDS;
    if (record.time < time - interval - penalty) record.time = Math.max(0, time - penalty);
    record.services |= services;
    if (time <= record.time || record.isTried) return false;
    const places = record.places.length;
    if (places >= this.#options.rules.placesPerAddress) return false;
    // Each place is twice as hard to get as the one before.
    return below(rng, 2 ** places) === 0;
  }

  /** Whether `record`, or one that is not in the book yet, may have this place in `new`. */
  #mayHave(place: number, record: AddressRecord | undefined): boolean {
    const occupant = this.#tables.new.at(place);
    if (occupant === undefined) return true;
    if (occupant === record) return false;
    const { clock } = this.#ports;
    const isSpare = occupant.places.length > 1 && record === undefined;
    return isSpare || isTerrible(occupant, clock.now(), clock.unixTime());
  }

  #claimTried(record: AddressRecord): boolean {
    const { logger } = this.#ports;
    const { tried, places } = this.#tables;
    const occupant = tried.at(places.inTried(record.address));
    if (occupant === undefined || !this.#options.rules.testsBeforeEviction) {
      this.#makeTried(record);
      return true;
    }
    this.#collisions.add(record);
    logger.debug("addrman", () => `Collision with ${formatAddress(occupant.address)} while attempting to ` +
      `move ${formatAddress(record.address)} to tried table. Collisions=${this.#collisions.size}`);
    return false;
  }

  #makeTried(record: AddressRecord): void {
    const evicted = this.#tables.makeTried(record);
    if (evicted !== undefined) logPlace(this.#ports, "Moved", evicted, this.#tables);
    logPlace(this.#ports, "Moved", record, this.#tables);
  }
}

function heardOf(
  { address, services, time }: KnownAddress, source: NetworkAddress, penalty: number,
): StoredAddress {
  const heardAt = Math.max(0, time - penalty);
  return { address, source, services, time: heardAt, succeededAt: undefined, attempts: 0 };
}

function isSameHost(a: NetworkAddress, b: NetworkAddress): boolean {
  return a.network === b.network && equalBytes(a.bytes, b.bytes);
}
