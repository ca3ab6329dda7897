/**
 * `peers.dat`, as Bitcoin Core writes it (addrman.cpp, AddrManImpl::Serialize; addrdb.cpp).
 *
 * ```text
 * 4      magic of the network
 * u8     format, 4             u8   32 + the oldest format whose readers can read this one
 * 32     key of the buckets
 * i32    n, addresses in new   i32  t, addresses in tried     i32  b XOR 2^30, buckets of new
 * n x    address               t x  address
 * b x    { i32 count, count x i32: which of the addresses in new }
 * 32     version of the asmap that buckets were chosen by; zeros for none
 * 32     hash256 of all before
 *
 * address  u32 how it is written, u32 time, services, host, u16be port;
 *          host of the source, i64 last success in seconds since 1970 (zero for never), i32 attempts
 * host     u8 network (BIP155), length, bytes
 * ```
 *
 * Formats before 3 have 16 bytes in the place of each host, and 8 for services.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { DecodeError, overLimit } from "../codec/decode_error.ts";
import { hash256 } from "../crypto/crypto.ts";
import {
  ADDR_V1_BYTES, addressKey, BIP155_ID, fromAddrV1Bytes, isDisguised, isValidHost, NETWORK_BYTES,
  type NetworkAddress, type NetworkHost, networkOfBip155Id, standsForName,
} from "../primitives/network_address.ts";
import type { StoredAddress } from "./address_record.ts";
import { BUCKET_KEY_BYTES } from "./bucket_places.ts";
import { DEFAULT_TABLE_RULES, type TableRules } from "./table_rules.ts";

const FORMAT = 4;
const FORMAT_BUCKETS_MARKED = 1;
const FORMAT_ASMAP = 2;
const FORMAT_BIP155 = 3;
/** Added to the oldest format, so that readers before there was such a field see nonsense. */
const COMPATIBILITY_BASE = 32;
const BUCKETS_MARK = 2 ** 30;
const MAGIC_BYTES = 4;
const HEAD_BYTES = MAGIC_BYTES + 2 + BUCKET_KEY_BYTES + 12;
const HASH_BYTES = 32;
/** How an address is written: in the high bits; the low ones mean nothing. */
const WRITTEN_V2 = 2 ** 29;
const WRITTEN_INIT = 220_000;
const WRITTEN_IGNORED_BITS = 19;
/** BIP155: no longer host is read. */
const HOST_BYTES_MAX = 512;

/** What a file held: as it is written, but for addresses that cannot be. */
export interface SavedBook {
  readonly key: Bytes;
  /** `undefined` in the place of an address that this version does not know, or that is none. */
  readonly new: readonly (StoredAddress | undefined)[];
  readonly tried: readonly StoredAddress[];
  readonly bucketCount: number;
  /** Which of `new` are in which bucket. */
  readonly seats: readonly (readonly [bucket: number, index: number])[];
  readonly asmapVersion: Bytes;
}

/** `newer`: by its own word, this version cannot read it. `corrupt`: why, in Bitcoin Core's words. */
export type BookReading =
  | { readonly type: "book"; readonly book: SavedBook }
  | { readonly type: "newer"; readonly why: string }
  | { readonly type: "corrupt"; readonly why: string };

/** What is written. */
export interface BookContents extends Pick<SavedBook, "key" | "tried" | "asmapVersion"> {
  readonly new: readonly StoredAddress[];
  /** For each bucket, which of `new` are in it. */
  readonly buckets: readonly (readonly number[])[];
}

/** At once, as `BookEncoder` does in slices. */
export function encodeBook(book: BookContents, magic: Bytes): Bytes {
  const encoder = new BookEncoder(book, magic);
  for (;;) {
    const bytes = encoder.work();
    if (bytes !== undefined) return bytes;
  }
}

/** How many addresses are encoded in one go: a full book of 60,000 takes longer than a turn of the loop may. */
const SLICE_ADDRESSES = 2_048;

/**
 * Writes a book, some addresses at a time. Which addresses it has, and where they stand, is as at its making;
 * what is known of each, as when its turn comes.
 */
export class BookEncoder {
  readonly #book: BookContents;
  readonly #addresses: readonly StoredAddress[];
  readonly #done: Bytes[];
  #next = 0;

  constructor(book: BookContents, magic: Bytes) {
    this.#book = book;
    this.#addresses = [...book.new, ...book.tried];
    this.#done = [encodeHead(book, magic)];
  }

  /** Goes on with it. Returns the file once all is encoded. */
  work(): Bytes | undefined {
    const end = this.#next + SLICE_ADDRESSES;
    this.#done.push(encodeAddresses(this.#addresses.slice(this.#next, end)));
    this.#next = end;
    if (end < this.#addresses.length) return undefined;
    const body = concatBytes(...this.#done, encodeBuckets(this.#book.buckets), this.#book.asmapVersion);
    return concatBytes(body, hash256(body));
  }
}

function encodeHead({ key, new: inNew, tried, buckets }: BookContents, magic: Bytes): Bytes {
  const writer = new ByteWriter(HEAD_BYTES);
  writer.bytes(magic).u8(FORMAT).u8(COMPATIBILITY_BASE + FORMAT).bytes(key);
  return writer.i32(inNew.length).i32(tried.length).i32(buckets.length ^ BUCKETS_MARK).finish();
}

function encodeAddresses(addresses: readonly StoredAddress[]): Bytes {
  let size = 0;
  for (const address of addresses) size += addressSize(address);
  const writer = new ByteWriter(size);
  for (const address of addresses) putAddress(writer, address);
  return writer.finish();
}

function encodeBuckets(buckets: BookContents["buckets"]): Bytes {
  let size = 0;
  for (const { length } of buckets) size += 4 + 4 * length;
  const writer = new ByteWriter(size);
  for (const indexes of buckets) {
    writer.i32(indexes.length);
    for (const index of indexes) writer.i32(index);
  }
  return writer.finish();
}

function addressSize({ address, source, services }: StoredAddress): number {
  return 8 + countSize(services) + hostSize(address) + 2 + hostSize(source) + 12;
}

function putAddress(writer: ByteWriter, stored: StoredAddress): void {
  const { address, source, services, time, succeededAt = 0, attempts } = stored;
  writer.u32(WRITTEN_V2 + WRITTEN_INIT).u32(time).compactU64(services);
  putHost(writer, address).u16be(address.port);
  putHost(writer, source).i64FromNumber(Math.floor(succeededAt / 1000)).i32(attempts);
}

function hostSize({ bytes }: NetworkHost): number {
  return 1 + countSize(bytes.length) + bytes.length;
}

function putHost(writer: ByteWriter, { network, bytes }: NetworkHost): ByteWriter {
  return writer.u8(BIP155_ID[network]).varBytes(bytes);
}

/** Reads what `encodeBook`, or Bitcoin Core from 0.10 on, wrote for the network with this magic. */
export function decodeBook(bytes: Bytes, magic: Bytes, rules: TableRules = DEFAULT_TABLE_RULES): BookReading {
  const reader = new ByteReader(bytes);
  try {
    const reading = readBook(reader, magic, rules);
    if (reading.type !== "book") return reading;
    const broken = brokenLaw(reading.book);
    if (broken !== 0) return failure(`Corrupt data. Consistency check failed with code ${broken}`);
    const length = reader.offset;
    const isWhole = equalBytes(reader.bytes(HASH_BYTES), hash256(bytes.subarray(0, length)));
    return isWhole ? reading : corrupt("Checksum mismatch, data corrupted");
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failure(error.fault.kind === "truncated" ? "AutoFile::read: end of file" : error.message);
  }
}

/** As `decodeBook`, where nobody is to be told why a file cannot be read. */
export function readableBook(bytes: Bytes, magic: Bytes): SavedBook | undefined {
  const reading = decodeBook(bytes, magic);
  return reading.type === "book" ? reading.book : undefined;
}

function corrupt(why: string): BookReading {
  return { type: "corrupt", why };
}

/** As `corrupt`, for what Bitcoin Core has its stream library throw, which says so. */
function failure(why: string): BookReading {
  return corrupt(`${why}: iostream error`);
}

function readBook(reader: ByteReader, magic: Bytes, rules: TableRules): BookReading {
  if (!equalBytes(reader.bytes(MAGIC_BYTES), magic)) return corrupt("Invalid network magic number");
  const format = reader.u8();
  const refusal = refuseFormat(format, reader.u8());
  if (refusal !== undefined) return refusal;
  const key = reader.copy(BUCKET_KEY_BYTES);
  const [newCount, triedCount, buckets] = [reader.i32(), reader.i32(), reader.i32()];
  const excess = refuseCount("nNew", newCount, rules.newBuckets * rules.bucketSize) ??
    refuseCount("nTried", triedCount, rules.triedBuckets * rules.bucketSize);
  if (excess !== undefined) return excess;
  const bucketCount = format >= FORMAT_BUCKETS_MARKED ? buckets ^ BUCKETS_MARK : buckets;
  const read = (): StoredAddress | undefined => readAddress(reader, format);
  const all = Array.from({ length: newCount }, read);
  const tried = Array.from({ length: triedCount }, read).filter((each) => each !== undefined);
  const seats = readSeats(reader, bucketCount, newCount);
  const asmapVersion = format >= FORMAT_ASMAP ? reader.copy(HASH_BYTES) : new Uint8Array(HASH_BYTES);
  return { type: "book", book: { key, new: all, tried, bucketCount, seats, asmapVersion } };
}

function refuseFormat(format: number, compatibility: number): BookReading | undefined {
  if (compatibility < COMPATIBILITY_BASE) {
    return failure(`Corrupted addrman database: The compat value (${compatibility}) is lower than the ` +
      `expected minimum value ${COMPATIBILITY_BASE}.`);
  }
  const oldest = compatibility - COMPATIBILITY_BASE;
  if (oldest <= FORMAT) return undefined;
  const why = `Unsupported format of addrman database: ${format}. It is compatible with formats ` +
    `>=${oldest}, but the maximum supported by this version is ${FORMAT}.`;
  return { type: "newer", why };
}

function refuseCount(field: string, count: number, max: number): BookReading | undefined {
  if (count >= 0 && count <= max) return undefined;
  return failure(`Corrupt AddrMan serialization: ${field}=${count}, should be in [0, ${max}]`);
}

function readAddress(reader: ByteReader, format: number): StoredAddress | undefined {
  const start = reader.offset;
  const written = reader.u32() >>> WRITTEN_IGNORED_BITS << WRITTEN_IGNORED_BITS;
  const isV2 = written === WRITTEN_V2 && format >= FORMAT_BIP155;
  if (!isV2 && written !== 0) {
    throw new DecodeError(start, { kind: "malformed", field: "CAddress disk format", found: `${written}` });
  }
  const time = reader.u32();
  const services = isV2 ? reader.compactU64() : reader.u64();
  const host = readHost(reader, isV2);
  const port = reader.u16be();
  const source = readHost(reader, format >= FORMAT_BIP155);
  const [seconds, attempts] = [reader.i64AsNumber(), reader.i32()];
  if (host === undefined || !isValidHost(host)) return undefined;
  const address: NetworkAddress = { ...host, port };
  return {
    address, services, time,
    // Whoever it was: it counts as itself.
    source: source === undefined ? address : { ...source, port: 0 },
    succeededAt: seconds > 0 ? ((seconds * 1000) as Instant) : undefined,
    attempts: Math.max(0, attempts),
  };
}

/** `undefined` for a network that is not known, or what is not written as it should be. */
function readHost(reader: ByteReader, isV2: boolean): NetworkHost | undefined {
  if (!isV2) {
    const { network, bytes } = fromAddrV1Bytes(reader.bytes(ADDR_V1_BYTES), 0);
    return { network, bytes };
  }
  const network = networkOfBip155Id(reader.u8());
  const start = reader.offset;
  const bytes = Uint8Array.from(reader.varBytes("host", HOST_BYTES_MAX));
  if (network === undefined) return undefined;
  if (bytes.length !== NETWORK_BYTES[network]) {
    throw overLimit(start, `length of ${network} address`, bytes.length, NETWORK_BYTES[network]);
  }
  const host: NetworkHost = { network, bytes };
  return isDisguised(host) && !standsForName(host) ? undefined : host;
}

function readSeats(reader: ByteReader, bucketCount: number, addressCount: number): [number, number][] {
  const seats: [number, number][] = [];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    for (let count = reader.i32(); count > 0; count--) {
      const index = reader.i32();
      if (index >= 0 && index < addressCount) seats.push([bucket, index]);
    }
  }
  return seats;
}

/** The number that Bitcoin Core's check of what it has read gives to what could not be; else zero. */
function brokenLaw({ key, new: inNew, tried }: SavedBook): number {
  if (tried.some(({ succeededAt }) => succeededAt === undefined)) return -1;
  const keys = new Set<string>();
  for (const stored of [...inNew, ...tried]) {
    if (stored === undefined) continue;
    const addressed = addressKey(stored.address);
    if (keys.has(addressed)) return -5;
    keys.add(addressed);
  }
  return key.some((byte) => byte !== 0) ? 0 : -16;
}
