/**
 * Both tables, and who is in which: keeps them in step, and decides nothing about time or chance.
 *
 * An address is in `tried`, in one place, or in `new`, in one to eight; in none, it is forgotten.
 *
 * Source: Bitcoin Core, addrman.cpp, Create, Delete, ClearNew, MakeTried.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { below, type Rng } from "../base/rng.ts";
import { addressKey, type NetworkAddress, type NetworkName } from "../primitives/network_address.ts";
import type { AddressRecord, StoredAddress } from "./address_record.ts";
import { AddressTable } from "./address_table.ts";
import type { BucketPlaces } from "./bucket_places.ts";
import type { TableRules } from "./table_rules.ts";

export interface TableCounts {
  readonly new: number;
  readonly tried: number;
}

interface Counts {
  new: number;
  tried: number;
}

export class AddressTables {
  readonly rules: TableRules;
  readonly places: BucketPlaces;
  readonly new: AddressTable;
  readonly tried: AddressTable;
  readonly #records = new Map<string, AddressRecord>();
  /** For draws from all. Each record knows its place in it. */
  readonly #all: AddressRecord[] = [];
  readonly #counts = new Map<NetworkName, Counts>();

  constructor(places: BucketPlaces, rules: TableRules) {
    this.places = places;
    this.rules = rules;
    this.new = new AddressTable(rules.bucketSize);
    this.tried = new AddressTable(rules.bucketSize);
  }

  get all(): readonly AddressRecord[] {
    return this.#all;
  }

  find(address: NetworkAddress): AddressRecord | undefined {
    return this.#records.get(addressKey(address));
  }

  /** Whether it has not been forgotten. */
  has(record: AddressRecord): boolean {
    return record.index >= 0;
  }

  /**
   * Up to `countMax` different ones that `accept` takes, at random and in random order; looks at no more
   * than it must. They change their places in the list, which means nothing.
   */
  draw(rng: Rng, countMax: number, accept: (record: AddressRecord) => boolean): AddressRecord[] {
    const drawn: AddressRecord[] = [];
    const { length } = this.#all;
    for (let first = 0; first < length && drawn.length < countMax; first++) {
      const chosen = first + below(rng, length - first);
      const [record, moved] = [this.#all[chosen] as AddressRecord, this.#all[first] as AddressRecord];
      this.#list(moved, chosen);
      this.#list(record, first);
      if (accept(record)) drawn.push(record);
    }
    return drawn;
  }

  /** Of these networks, or of all. */
  counts(networks?: Iterable<NetworkName>): TableCounts {
    const sum: Counts = { new: 0, tried: 0 };
    for (const network of networks ?? this.#counts.keys()) {
      const counts = this.#counts.get(network);
      sum.new += counts?.new ?? 0;
      sum.tried += counts?.tried ?? 0;
    }
    return sum;
  }

  /** One that is in no table yet: it is given a place, or forgotten, before anything else happens. */
  create(stored: StoredAddress): AddressRecord {
    const { address, source, services, time, succeededAt, attempts } = stored;
    const record: AddressRecord = {
      key: addressKey(address), address, source, services, time, succeededAt, attempts,
      triedAt: undefined, countedAt: undefined, isTried: false, places: [], index: -1,
    };
    this.#records.set(record.key, record);
    this.#list(record, this.#all.length);
    this.#countsOf(record).new++;
    return record;
  }

  /** Gives it a place in `new`, in which whoever had it is replaced. */
  putNew(record: AddressRecord, place: number): void {
    this.clearNew(place);
    record.places.push(place);
    this.new.put(place, record);
  }

  /** Frees a place in `new`; who had no other is forgotten. */
  clearNew(place: number): void {
    const record = this.new.at(place);
    if (record === undefined) return;
    this.new.take(place);
    record.places.splice(record.places.indexOf(place), 1);
    if (record.places.length === 0) this.forget(record);
  }

  /** One that has no place. */
  forget(record: AddressRecord): void {
    assert(!record.isTried && record.places.length === 0, "who is forgotten has no place");
    this.#records.delete(record.key);
    const last = this.#all.pop() as AddressRecord;
    if (last !== record) this.#list(last, record.index);
    record.index = -1;
    this.#countsOf(record).new--;
  }

  /** Moves it from `new` to `tried`; who has its place there goes back to `new`, and is returned. */
  makeTried(record: AddressRecord): AddressRecord | undefined {
    assert(!record.isTried, "who is moved to the tried table is not there");
    for (const place of record.places) this.new.take(place);
    record.places = [];
    const place = this.places.inTried(record.address);
    const evicted = this.tried.at(place);
    if (evicted !== undefined) this.#demote(evicted, place);
    this.#seatTried(record, place);
    return evicted;
  }

  /** Gives a new record its place in `tried`; false, with the record forgotten, when it is taken. */
  restoreTried(record: AddressRecord): boolean {
    const place = this.places.inTried(record.address);
    const isFree = this.tried.at(place) === undefined;
    if (isFree) this.#seatTried(record, place);
    else this.forget(record);
    return isFree;
  }

  #seatTried(record: AddressRecord, place: number): void {
    this.tried.put(place, record);
    record.places = [place];
    record.isTried = true;
    const counts = this.#countsOf(record);
    counts.new--;
    counts.tried++;
  }

  #demote(record: AddressRecord, place: number): void {
    this.tried.take(place);
    record.isTried = false;
    record.places = [];
    const counts = this.#countsOf(record);
    counts.tried--;
    counts.new++;
    this.putNew(record, this.places.inNew(record.address, record.source));
  }

  #list(record: AddressRecord, index: number): void {
    this.#all[index] = record;
    record.index = index;
  }

  #countsOf({ address: { network } }: AddressRecord): Counts {
    let counts = this.#counts.get(network);
    if (counts === undefined) this.#counts.set(network, (counts = { new: 0, tried: 0 }));
    return counts;
  }
}
