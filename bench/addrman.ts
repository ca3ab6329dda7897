/**
 * The address book: additions and choices per second, empty and full, and what it takes in memory.
 *
 * @module
 */
import { AddressBook } from "../src/addrbook/address_book.ts";
import { decodeBook } from "../src/addrbook/address_file.ts";
import type { KnownAddress } from "../src/addrbook/address_record.ts";
import { NetGroups } from "../src/addrbook/net_groups.ts";
import type { Bytes } from "../src/base/bytes.ts";
import { silentLogger } from "../src/base/logger.ts";
import { below, randomBytes, seededRng } from "../src/base/rng.ts";
import type { UnixSeconds } from "../src/base/time.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import type { NetworkAddress, NetworkName } from "../src/primitives/network_address.ts";
import { VirtualClock } from "../src/sim/virtual_clock.ts";
import { type Measurement, round } from "./support/measurement.ts";

const START = 1_700_000_000;
const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda);
/** What one `addr` message may hold. */
const BATCH = 1_000;
/** Enough for the new table to be as full as it gets. */
const BATCHES_TO_FILL = 200;
const BATCHES = 200;
const SELECTIONS = 100_000;
const SAMPLES = 200;
const EMPTY_BOOKS = 1_000;
const MIB = 1024 * 1024;

const rng = seededRng(1);
const clock = new VirtualClock(START as UnixSeconds);
const ports = { clock, rng, logger: silentLogger, groups: new NetGroups(undefined, false) };

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const makeEmpty = () => Array.from({ length: EMPTY_BOOKS }, () => new AddressBook(ports));
  const emptyBytes = heapOf(makeEmpty) / EMPTY_BOOKS;
  let book = new AddressBook(ports);
  let filling = 0;
  const fullBytes = heapOf(() => {
    book = new AddressBook(ports);
    filling = additions(book, BATCHES_TO_FILL);
    return book;
  });
  // One address of a network among all the others.
  const onion: NetworkAddress = { network: "onion", bytes: randomBytes(rng, 32), port: 8333 };
  book.add({ address: onion, services: 9n, time: START }, source());
  return [
    { name: "additions to an empty book", value: filling, unit: "addresses/s" },
    { name: "additions to a full book", value: additions(book, BATCHES), unit: "addresses/s" },
    { name: "choices from a full book", value: choices(book), unit: "choices/s" },
    { name: "choices of a network with one address", value: choices(book, ["onion"]), unit: "choices/s" },
    { name: "answers of 1,000 addresses", value: perSecond(SAMPLES, () => {
      book.sample({ countMax: BATCH, percentMax: 23, isFiltered: true });
    }), unit: "answers/s" },
    ...throughFile(book),
    { name: "an empty book", value: round(emptyBytes / 1024, 2), unit: "KiB" },
    { name: "a full book", value: round(fullBytes / MIB, 1), unit: "MiB" },
  ];
}

function additions(book: AddressBook, batches: number): number {
  let spent = 0;
  for (let batch = 0; batch < batches; batch++) {
    const teller = source();
    const told = Array.from({ length: BATCH }, () => known());
    const start = performance.now();
    for (const each of told) book.add(each, teller, { penaltySeconds: 7_200 });
    spent += performance.now() - start;
  }
  return Math.round((batches * BATCH) / (spent / 1000));
}

function choices(book: AddressBook, networks?: readonly NetworkName[]): number {
  const rules = networks === undefined ? {} : { networks: new Set(networks) };
  return perSecond(SELECTIONS, () => book.select(rules));
}

function throughFile(book: AddressBook): readonly Measurement[] {
  const { bytes, longestTurn } = saveSlowly(book);
  const start = performance.now();
  const reading = decodeBook(bytes, MAGIC);
  if (reading.type === "book") AddressBook.load(ports, reading.book);
  return [
    { name: "save a full book, longest turn", value: round(longestTurn, 0), unit: "ms" },
    { name: "load a full book", value: round(performance.now() - start, 0), unit: "ms" },
  ];
}

/** As a node does it, turn by turn; `longestTurn` in milliseconds. */
function saveSlowly(book: AddressBook): { readonly bytes: Bytes; readonly longestTurn: number } {
  const [encoder, making] = timed(() => book.saveSlowly(MAGIC));
  for (let longestTurn = making; ; ) {
    const [bytes, took] = timed(() => encoder.work());
    longestTurn = Math.max(longestTurn, took);
    if (bytes !== undefined) return { bytes, longestTurn };
  }
}

function timed<T>(work: () => T): [result: T, milliseconds: number] {
  const start = performance.now();
  const result = work();
  return [result, performance.now() - start];
}

function perSecond(count: number, work: () => void): number {
  for (let i = 0; i < count / 10; i++) work();
  const start = performance.now();
  for (let i = 0; i < count; i++) work();
  return Math.round(count / ((performance.now() - start) / 1000));
}

/** Bytes that what `make` makes keeps. */
function heapOf(make: () => unknown): number {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const made = make();
  globalThis.gc?.();
  const after = process.memoryUsage();
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  // Still there.
  return made === undefined ? 0 : bytes;
}

function known(): KnownAddress {
  return { address: source(), services: 9n, time: START - below(rng, 1_000_000) };
}

/** In any group. */
function source(): NetworkAddress {
  const bytes = Uint8Array.of(20 + below(rng, 70), below(rng, 256), below(rng, 256), below(rng, 256));
  return { network: "ipv4", bytes, port: 8333 };
}
