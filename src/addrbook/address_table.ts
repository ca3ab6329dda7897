/**
 * Buckets of places, most of them empty: one table of the address book.
 *
 * Only what is taken costs memory, and a draw takes the same time from a table with one address as from
 * a full one, of whichever networks.
 *
 * @module
 */
import { assert, defined } from "../base/assert.ts";
import { DrawSet } from "../base/draw_set.ts";
import { below, type Rng } from "../base/rng.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import type { AddressRecord } from "./address_record.ts";

/** The places that are taken, in no order. */
interface Bucket {
  readonly positions: number[];
  readonly records: AddressRecord[];
}

/** Who has a place. */
export interface Seat {
  readonly bucket: number;
  readonly position: number;
  readonly record: AddressRecord;
}

export class AddressTable {
  readonly #bucketSize: number;
  readonly #buckets = new Map<number, Bucket>();
  /** Buckets that have an address of the network. */
  readonly #bucketsOf = new Map<NetworkName, DrawSet<number>>();

  constructor(bucketSize: number) {
    this.#bucketSize = bucketSize;
  }

  /** `place`: bucket times size of a bucket, and position. */
  at(place: number): AddressRecord | undefined {
    const bucket = this.#buckets.get(this.#bucketOf(place));
    const index = bucket?.positions.indexOf(place % this.#bucketSize) ?? -1;
    return index === -1 ? undefined : bucket?.records[index];
  }

  /** Gives it a place that is free. */
  put(place: number, record: AddressRecord): void {
    assert(this.at(place) === undefined, "a place that is given is free");
    const number = this.#bucketOf(place);
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = { positions: [], records: [] };
      this.#buckets.set(number, bucket);
    }
    bucket.positions.push(place % this.#bucketSize);
    bucket.records.push(record);
    const { network } = record.address;
    let buckets = this.#bucketsOf.get(network);
    if (buckets === undefined) this.#bucketsOf.set(network, (buckets = new DrawSet()));
    buckets.add(number);
  }

  /** Frees a place; returns who had it. */
  take(place: number): AddressRecord {
    const number = this.#bucketOf(place);
    const { positions, records } = defined(this.#buckets.get(number), "a place that is freed is taken");
    const index = positions.indexOf(place % this.#bucketSize);
    const record = defined(records[index], "a place that is freed is taken");
    const [lastPosition, lastRecord] = [positions.pop() as number, records.pop() as AddressRecord];
    if (index < positions.length) {
      positions[index] = lastPosition;
      records[index] = lastRecord;
    }
    const { network } = record.address;
    if (!records.some(({ address }) => address.network === network)) {
      this.#bucketsOf.get(network)?.delete(number);
    }
    if (records.length === 0) this.#buckets.delete(number);
    return record;
  }

  /**
   * One at random, of these networks if they are named: all buckets that have one are equally likely, and
   * in it the first from a random position on. `undefined` if there is none.
   */
  draw(rng: Rng, networks: ReadonlySet<NetworkName> | undefined): AddressRecord | undefined {
    const number = this.#drawBucket(rng, networks);
    if (number === undefined) return undefined;
    const { positions, records } = defined(this.#buckets.get(number), "an empty bucket is not drawn");
    const start = below(rng, this.#bucketSize);
    let [nearest, distance] = [-1, this.#bucketSize];
    for (let i = 0; i < records.length; i++) {
      const steps = ((positions[i] as number) - start + this.#bucketSize) % this.#bucketSize;
      if (steps >= distance || !isOf(networks, records[i] as AddressRecord)) continue;
      [nearest, distance] = [i, steps];
    }
    return records[nearest];
  }

  /** Who is in a bucket, in no order. */
  inBucket(bucket: number): readonly AddressRecord[] {
    return this.#buckets.get(bucket)?.records ?? [];
  }

  /** By bucket and position. */
  seats(): Seat[] {
    const seats: Seat[] = [];
    for (const [bucket, { positions, records }] of this.#buckets) {
      positions.forEach((position, i) => {
        seats.push({ bucket, position, record: records[i] as AddressRecord });
      });
    }
    return seats.sort((a, b) => a.bucket - b.bucket || a.position - b.position);
  }

  /** Any bucket that has an address of these networks, all equally likely. */
  #drawBucket(rng: Rng, networks: ReadonlySet<NetworkName> | undefined): number | undefined {
    const sets: DrawSet<number>[] = [];
    let total = 0;
    for (const [network, buckets] of this.#bucketsOf) {
      if (buckets.size === 0 || !(networks?.has(network) ?? true)) continue;
      sets.push(buckets);
      total += buckets.size;
    }
    if (total === 0) return undefined;
    for (;;) {
      let draw = below(rng, total);
      let index = 0;
      for (let size = 0; draw >= (size = sets[index]?.size ?? 0); index++) draw -= size;
      const number = defined(sets[index]?.draw(rng), "a set that is hit is not empty");
      // A bucket that is in several sets would be likelier than others: at most five draws on average.
      const count = sets.length === 1 ? 1 : sets.filter((each) => each.has(number)).length;
      if (count === 1 || below(rng, count) === 0) return number;
    }
  }

  #bucketOf(place: number): number {
    return Math.floor(place / this.#bucketSize);
  }
}

function isOf(networks: ReadonlySet<NetworkName> | undefined, { address }: AddressRecord): boolean {
  return networks === undefined || networks.has(address.network);
}
