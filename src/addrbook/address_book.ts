import { below, fraction, type Rng } from "../base/rng.ts";
import type { Clock, Instant } from "../base/time.ts";
import { addressKey, type NetworkAddress, type NetworkName } from "../primitives/network_address.ts";
import { type AddressHistory, chanceOf, isTerrible } from "./address_chance.ts";
import { decodeAddresses, encodeAddresses, type StoredAddress } from "./address_file.ts";

/** An address, who may be there, and when it was last heard of. */
export interface KnownAddress {
  readonly address: NetworkAddress;
  readonly services: bigint;
  /** Unix seconds. */
  readonly time: number;
}

/** About 6 MB when full. A node needs a handful, and more only so that they are not all one man's. */
export const ADDRESS_COUNT_MAX = 20_000;
/** When the book is full, a new address may take the place of the worst of so many. */
const EVICTION_DRAWS = 8;
/** Draws before `select` looks at all addresses in turn. */
const SELECT_DRAWS = 64;
/** Told by others, not by itself: what it says of the time is taken to be this many seconds too good. */
const HEARSAY_SECONDS = 2 * 60 * 60;
/** An address heard of again is noted as fresher only when it is by this many seconds. */
const REFRESH_SECONDS = 20 * 60;

interface Entry extends KnownAddress, AddressHistory {
  readonly key: string;
  services: bigint;
  time: number;
  triedAt: Instant | undefined;
  succeededAt: Instant | undefined;
  attempts: number;
}

export interface AddressBookPorts {
  readonly clock: Clock;
  readonly rng: Rng;
}

/**
 * Addresses of nodes that we may dial or tell others of; bounded.
 *
 * A first, flat one: every address is equal. Tables that an attacker cannot fill come with the
 * defences of address management.
 */
export class AddressBook {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #entries: Entry[] = [];
  /** Where each stands in `#entries`. */
  readonly #places = new Map<string, number>();

  constructor({ clock, rng }: AddressBookPorts) {
    this.#clock = clock;
    this.#rng = rng;
  }

  /**
   * A book with what `save` wrote.
   *
   * `warning` says, for the log, why `bytes` could not be read; the book is then empty.
   */
  static load(
    ports: AddressBookPorts, bytes: Uint8Array,
  ): { readonly book: AddressBook; readonly warning: string | undefined } {
    const book = new AddressBook(ports);
    const stored = decodeAddresses(bytes);
    if (typeof stored === "string") return { book, warning: `Starting without known addresses: ${stored}` };
    for (const each of stored.slice(0, ADDRESS_COUNT_MAX)) book.#restore(each);
    return { book, warning: undefined };
  }

  get size(): number {
    return this.#entries.length;
  }

  /** `source`: the peer that told us. Returns whether it was new. */
  add({ address, services, time }: KnownAddress, source: NetworkAddress): boolean {
    const key = addressKey(address);
    const heardAt = key === addressKey(source) ? time : Math.max(0, time - HEARSAY_SECONDS);
    const entry = this.#find(key);
    if (entry !== undefined) {
      entry.services |= services;
      if (heardAt > entry.time + REFRESH_SECONDS) entry.time = heardAt;
      return false;
    }
    if (this.#entries.length >= ADDRESS_COUNT_MAX && !this.#makeRoom()) return false;
    const history = { time: heardAt, triedAt: undefined, succeededAt: undefined, attempts: 0 };
    this.#append({ key, address, services, ...history });
    return true;
  }

  /** A connection to it was tried at `at`. */
  attempted(address: NetworkAddress, at: Instant): void {
    const entry = this.#find(addressKey(address));
    if (entry === undefined) return;
    entry.triedAt = at;
    entry.attempts++;
  }

  /** A handshake with it was completed. */
  connected(address: NetworkAddress, services: bigint): void {
    const entry = this.#find(addressKey(address));
    if (entry === undefined) return;
    const now = this.#clock.now();
    entry.services = services;
    entry.time = this.#clock.unixTime();
    entry.triedAt = now;
    entry.succeededAt = now;
    entry.attempts = 0;
  }

  /**
   * One to dial now, at random but for those that failed lately; `undefined` when there is none left
   * that `accept` takes. In constant time unless `accept` takes only few.
   */
  select(accept: (known: KnownAddress) => boolean): KnownAddress | undefined {
    if (this.#entries.length === 0) return undefined;
    const now = this.#clock.now();
    for (let draw = 0; draw < SELECT_DRAWS; draw++) {
      const entry = this.#entries[below(this.#rng, this.#entries.length)] as Entry;
      if (fraction(this.#rng) < chanceOf(entry, now) && accept(entry)) return entry;
    }
    return this.#bestOf(this.#entries.filter(accept), now);
  }

  /** Up to `count` random ones that are not stale, of one network if named: for `addr` answers and RPC. */
  sample(count: number, network?: NetworkName): readonly KnownAddress[] {
    const [now, unixTime] = [this.#clock.now(), this.#clock.unixTime()];
    const places = Array.from(this.#entries.keys());
    const chosen: Entry[] = [];
    // A shuffle that stops when there are enough.
    for (let last = places.length - 1; last >= 0 && chosen.length < count; last--) {
      const draw = below(this.#rng, last + 1);
      const entry = this.#entries[places[draw] as number] as Entry;
      places[draw] = places[last] as number;
      if (network !== undefined && entry.address.network !== network) continue;
      if (!isTerrible(entry, now, unixTime)) chosen.push(entry);
    }
    return chosen;
  }

  /** What `peers.dat` holds; `AddressBook.load` reads it. */
  save(): Uint8Array {
    return encodeAddresses(this.#entries);
  }

  #find(key: string): Entry | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#entries[place];
  }

  #append(entry: Entry): void {
    this.#places.set(entry.key, this.#entries.length);
    this.#entries.push(entry);
  }

  #restore(stored: StoredAddress): void {
    const key = addressKey(stored.address);
    if (this.#places.has(key)) return;
    const { address, services, time, succeededAt, attempts } = stored;
    this.#append({ key, address, services, time, triedAt: undefined, succeededAt, attempts });
  }

  /** Of all, since the draws were in vain: the likeliest, the first of equals being a random one. */
  #bestOf(entries: readonly Entry[], now: Instant): KnownAddress | undefined {
    if (entries.length === 0) return undefined;
    const start = below(this.#rng, entries.length);
    let best = entries[start] as Entry;
    for (let i = 1; i < entries.length; i++) {
      const entry = entries[(start + i) % entries.length] as Entry;
      if (chanceOf(entry, now) > chanceOf(best, now)) best = entry;
    }
    return best;
  }

  /** Removes the worst of a few drawn at random; those that we have been connected to stay. */
  #makeRoom(): boolean {
    const [now, unixTime] = [this.#clock.now(), this.#clock.unixTime()];
    let worst: Entry | undefined;
    for (let draw = 0; draw < EVICTION_DRAWS; draw++) {
      const entry = this.#entries[below(this.#rng, this.#entries.length)] as Entry;
      if (isTerrible(entry, now, unixTime)) {
        worst = entry;
        break;
      }
      if (entry.succeededAt === undefined && (worst === undefined || entry.time < worst.time)) worst = entry;
    }
    if (worst === undefined) return false;
    this.#remove(worst);
    return true;
  }

  #remove(entry: Entry): void {
    const place = this.#places.get(entry.key) as number;
    this.#places.delete(entry.key);
    const last = this.#entries.pop() as Entry;
    if (last === entry) return;
    this.#entries[place] = last;
    this.#places.set(last.key, place);
  }
}
