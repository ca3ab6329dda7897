/**
 * `anchors.dat`: the block-relay peers that a node had when it stopped. It dials these first after the
 * next start, so that whoever fills its address book gains nothing by having it restart. Such peers
 * are the ones to keep, since nobody learns who they are from addresses or transactions.
 *
 * In Bitcoin Core's format (addrdb.cpp, and CAddress of protocol.h as on disk):
 *
 * ```text
 * 4       magic      of the network
 * count   n          anchors
 * n x     { u32 format, u32 time, compact services, u8 network (BIP155), var host, u16be port }
 * 32      checksum   hash256 of all before
 * ```
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { hash256 } from "../crypto/crypto.ts";
import {
  BIP155_ID, NETWORK_BYTES, type NetworkAddress, networkOfBip155Id,
} from "../primitives/network_address.ts";

/** The file in the data directory. */
export const ANCHORS_FILE = "anchors.dat";

/** MAX_BLOCK_RELAY_ONLY_ANCHORS: as many as there are block-relay peers. */
export const ANCHORS_MAX = 2;

/** What Bitcoin Core writes: a version that nobody reads, and that the address is as in BIP155. */
const FORMAT = 0x2003_5b60;
/** The bits of it that count. */
const FORMAT_ADDR_V2 = 0x2000_0000;
const FORMAT_IGNORED = 0x0007_ffff;

const MAGIC_BYTES = 4;
const CHECKSUM_BYTES = 32;
const HOST_BYTES_MAX = 512;

export interface Anchor {
  readonly address: NetworkAddress;
  readonly services: bigint;
  /** Unix seconds at which it was last seen. */
  readonly time: number;
}

export function encodeAnchors(magic: Bytes, anchors: readonly Anchor[]): Bytes {
  const sizes = anchors.map(({ address, services }) => {
    const host = NETWORK_BYTES[address.network];
    return 4 + 4 + countSize(services) + 1 + countSize(host) + host + 2;
  });
  const size = MAGIC_BYTES + countSize(anchors.length) + sizes.reduce((sum, each) => sum + each, 0);
  const writer = new ByteWriter(size).bytes(magic).count(anchors.length);
  for (const { address, services, time } of anchors) {
    writer.u32(FORMAT).u32(time).compactU64(services).u8(BIP155_ID[address.network]);
    writer.varBytes(address.bytes).u16be(address.port);
  }
  const body = writer.finish();
  return concatBytes(body, hash256(body));
}

/** The anchors, at most `ANCHORS_MAX`; none when the file is damaged or another network's. */
export function decodeAnchors(magic: Bytes, bytes: Bytes): readonly Anchor[] {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  if (!equalBytes(bytes.subarray(body.length), hash256(body))) return [];
  try {
    return readAnchors(magic, new ByteReader(body)).slice(0, ANCHORS_MAX);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

function readAnchors(magic: Bytes, reader: ByteReader): readonly Anchor[] {
  if (!equalBytes(reader.bytes(MAGIC_BYTES), magic)) return [];
  const count = reader.count("anchors", reader.remaining);
  const anchors: Anchor[] = [];
  for (let i = 0; i < count; i++) {
    const anchor = readAnchor(reader);
    if (anchor !== undefined) anchors.push(anchor);
  }
  reader.end();
  return anchors;
}

/** `undefined` for one of a network that is not known here. */
function readAnchor(reader: ByteReader): Anchor | undefined {
  const start = reader.offset;
  const format = reader.u32();
  if ((format & ~FORMAT_IGNORED) !== FORMAT_ADDR_V2) {
    throw new DecodeError(start, { kind: "malformed", field: "format", found: `${format}` });
  }
  const time = reader.u32();
  const services = reader.compactU64();
  const network = networkOfBip155Id(reader.u8());
  const bytes = reader.varBytes("host", HOST_BYTES_MAX).slice();
  const port = reader.u16be();
  if (network === undefined || bytes.length !== NETWORK_BYTES[network]) return undefined;
  return { address: { network, bytes, port }, services, time };
}
