/**
 * What `peers.dat` holds.
 *
 * ```text
 * 4       "TADR"
 * u8      version    1
 * count   n          addresses
 * n x     { u8 network (BIP155), 4..32 bytes host, u16be port, u64 services, u32 time,
 *           u64 last success in milliseconds since 1970, zero for never; u16 attempts }
 * 4       checksum   the first bytes of hash256 of all before
 * ```
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes, fromLatin1 } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { hash256 } from "../crypto/crypto.ts";
import {
  BIP155_ID, NETWORK_BYTES, type NetworkAddress, networkOfBip155Id,
} from "../primitives/network_address.ts";

const MAGIC = fromLatin1("TADR");
const VERSION = 1;
const CHECKSUM_BYTES = 4;
const FIXED_BYTES = 1 + 2 + 8 + 4 + 8 + 2;
const ATTEMPTS_MAX = 0xffff;

export interface StoredAddress {
  readonly address: NetworkAddress;
  readonly services: bigint;
  /** Unix seconds at which it was last heard of. */
  readonly time: number;
  readonly succeededAt: Instant | undefined;
  readonly attempts: number;
}

export function encodeAddresses(addresses: readonly StoredAddress[]): Bytes {
  let size = MAGIC.length + 1 + countSize(addresses.length);
  for (const { address } of addresses) size += FIXED_BYTES + NETWORK_BYTES[address.network];
  const writer = new ByteWriter(size).bytes(MAGIC).u8(VERSION).count(addresses.length);
  for (const { address, services, time, succeededAt, attempts } of addresses) {
    writer.u8(BIP155_ID[address.network]).bytes(address.bytes).u16be(address.port).u64(services).u32(time);
    writer.u64(BigInt(Math.floor(succeededAt ?? 0))).u16(Math.min(attempts, ATTEMPTS_MAX));
  }
  const body = writer.finish();
  return concatBytes(body, checksum(body));
}

/** The addresses, or why they cannot be read. */
export function decodeAddresses(bytes: Bytes): readonly StoredAddress[] | string {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  if (!equalBytes(body.subarray(0, MAGIC.length), MAGIC)) return "peers.dat is not a file of this program";
  const version = body[MAGIC.length];
  if (version !== VERSION) return `peers.dat has format ${version}, and this version reads ${VERSION}`;
  const isWhole = equalBytes(bytes.subarray(body.length), checksum(body));
  if (!isWhole) return "peers.dat is damaged (wrong checksum)";
  try {
    return readAll(new ByteReader(body.subarray(MAGIC.length + 1)));
  } catch (error) {
    if (error instanceof DecodeError) return `peers.dat is damaged (${error.message})`;
    throw error;
  }
}

function readAll(reader: ByteReader): StoredAddress[] {
  const count = reader.count("addresses", Math.floor(reader.remaining / FIXED_BYTES));
  const addresses: StoredAddress[] = [];
  for (let i = 0; i < count; i++) addresses.push(readOne(reader));
  reader.end();
  return addresses;
}

function readOne(reader: ByteReader): StoredAddress {
  const start = reader.offset;
  const id = reader.u8();
  const network = networkOfBip155Id(id);
  if (network === undefined) {
    throw new DecodeError(start, { kind: "malformed", field: "network", found: `${id}` });
  }
  const bytes = reader.copy(NETWORK_BYTES[network]);
  const address: NetworkAddress = { network, bytes, port: reader.u16be() };
  const [services, time, succeededAt] = [reader.u64(), reader.u32(), Number(reader.u64())];
  return {
    address, services, time, attempts: reader.u16(),
    succeededAt: succeededAt === 0 ? undefined : (succeededAt as Instant),
  };
}

function checksum(body: Bytes): Bytes {
  return hash256(body).subarray(0, CHECKSUM_BYTES);
}
