/**
 * What a file held, back into the tables.
 *
 * Places in `tried` follow from the key. Those in `new` follow from who told of the address, of which the
 * file has only the first, so that the buckets are in the file; positions in them follow from the key.
 * Where buckets are chosen otherwise now (another asmap, other sizes), each address gets the one place
 * that the word of its first source gives it.
 *
 * Source: Bitcoin Core, addrman.cpp, AddrManImpl::Unserialize.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { BookContents, SavedBook } from "./address_file.ts";
import type { AddressRecord } from "./address_record.ts";
import type { AddressTables } from "./address_tables.ts";
import type { NetGroups } from "./net_groups.ts";

/** What there was no room for. */
export interface Lost {
  readonly new: number;
  readonly tried: number;
}

/** Whether buckets are chosen as they were when the file was written. */
export function keepsBuckets(saved: SavedBook, tables: AddressTables, groups: NetGroups): boolean {
  return saved.bucketCount === tables.rules.newBuckets && equalBytes(saved.asmapVersion, groups.asmapVersion);
}

/** Fills empty tables. */
export function restoreTables(tables: AddressTables, saved: SavedBook, keepsBuckets: boolean): Lost {
  const lost = { new: 0, tried: 0 };
  for (const stored of saved.tried) if (!tables.restoreTried(tables.create(stored))) lost.tried++;
  const records = saved.new.map((stored) => (stored === undefined ? undefined : tables.create(stored)));
  for (const [bucket, index] of saved.seats) {
    const record = records[index];
    if (record !== undefined) seat(tables, record, keepsBuckets ? bucket : undefined);
  }
  for (const record of records) {
    if (record?.places.length === 0) tables.forget(record);
    if (record === undefined || record.places.length === 0) lost.new++;
  }
  return lost;
}

/** Gives it its place in `bucket`, or the one that its source gives it, if that is free. */
function seat(tables: AddressTables, record: AddressRecord, bucket: number | undefined): void {
  const { places, rules } = tables;
  const { address, source } = record;
  if (record.places.length >= rules.placesPerAddress) return;
  if (bucket !== undefined) {
    const place = bucket * rules.bucketSize + places.newPosition(address, bucket);
    if (tables.new.at(place) === undefined) return tables.putNew(record, place);
  }
  const place = places.inNew(address, source);
  if (tables.new.at(place) === undefined) tables.putNew(record, place);
}

/** What the file is to hold. */
export function tableContents(tables: AddressTables, groups: NetGroups): BookContents {
  const inNew: AddressRecord[] = [];
  const tried: AddressRecord[] = [];
  /** By its place in the list of all, the place of each among those in `new`. */
  const indexes = new Int32Array(tables.all.length);
  for (const record of tables.all) {
    indexes[record.index] = inNew.length;
    (record.isTried ? tried : inNew).push(record);
  }
  return {
    key: tables.places.key,
    new: inNew,
    tried,
    buckets: Array.from({ length: tables.rules.newBuckets }, (_, bucket) =>
      tables.new.inBucket(bucket).map(({ index }) => indexes[index] as number)),
    asmapVersion: groups.asmapVersion,
  };
}
