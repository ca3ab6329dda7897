/**
 * `version`: the first message each way; who is speaking, and what it can do.
 *
 * ```text
 * i32     version       of the protocol
 * u64     services      bits of services.ts
 * i64     time          Unix seconds
 * 26      receiver      u64 services, 16 bytes address, u16 port (big-endian)
 * [26     sender        likewise; ignored
 *  u64    nonce]        random, to notice a connection to oneself
 * [var    userAgent]    at most 256 bytes
 * [i32    startHeight]  of the sender's best block
 * [u8     relay]        zero: announce no transactions until a filter is loaded (BIP37)
 * ```
 *
 * The message has grown with time, so it may end before any bracket; what is missing has the
 * value it had before. Bytes after the end are for versions to come. Both as Bitcoin Core does
 * (net_processing.cpp, ProcessMessage). So two spellings may mean the same; we write all fields.
 *
 * @module
 */
import { fromLatin1, toLatin1 } from "../../base/bytes.ts";
import type { ByteReader } from "../../codec/byte_reader.ts";
import { type ByteWriter, countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import {
  ADDR_V1_BYTES, fromAddrV1Bytes, type NetworkAddress, toAddrV1Bytes,
} from "../../primitives/network_address.ts";

/** Bitcoin Core's MAX_SUBVERSION_LENGTH. */
export const USER_AGENT_BYTES_MAX = 256;

/** One end of the connection, as the sender sees it. */
export interface VersionEndpoint {
  readonly services: bigint;
  /** Sent as `[::]:port` when it is of a network that this message cannot express. */
  readonly address: NetworkAddress;
}

export interface Version {
  readonly version: number;
  readonly services: bigint;
  /** Unix seconds. */
  readonly time: bigint;
  readonly receiver: VersionEndpoint;
  readonly sender: VersionEndpoint;
  /** Zero when the message ended before it. */
  readonly nonce: bigint;
  /** One character a byte; not to be shown unsanitised. */
  readonly userAgent: string;
  /** -1 when the message ended before it. */
  readonly startHeight: number;
  readonly relay: boolean;
}

/** All but the user agent. */
const FIXED_BYTES = 4 + 8 + 8 + 26 + 26 + 8 + 4 + 1;

const UNSPECIFIED = new Uint8Array(ADDR_V1_BYTES);

export const versionCodec: Codec<Version> = {
  size: ({ userAgent }) => FIXED_BYTES + countSize(userAgent.length) + userAgent.length,

  encode(value, writer) {
    writer.i32(value.version).u64(value.services).i64(value.time);
    writeEndpoint(value.receiver, writer);
    writeEndpoint(value.sender, writer);
    writer.u64(value.nonce).varBytes(fromLatin1(value.userAgent));
    writer.i32(value.startHeight).u8(value.relay ? 1 : 0);
  },

  decode(reader) {
    const version = reader.i32();
    const services = reader.u64();
    const time = reader.i64();
    const receiver = readEndpoint(reader);
    const hasSender = reader.remaining > 0;
    const sender = hasSender ? readEndpoint(reader) : unknownEndpoint();
    const nonce = hasSender ? reader.u64() : 0n;
    const userAgent = reader.remaining > 0 ? readUserAgent(reader) : "";
    const startHeight = reader.remaining > 0 ? reader.i32() : -1;
    const relay = reader.remaining > 0 ? reader.u8() !== 0 : true;
    reader.skip(reader.remaining);
    return { version, services, time, receiver, sender, nonce, userAgent, startHeight, relay };
  },
};

function readUserAgent(reader: ByteReader): string {
  return toLatin1(reader.varBytes("user agent", USER_AGENT_BYTES_MAX));
}

function readEndpoint(reader: ByteReader): VersionEndpoint {
  const services = reader.u64();
  const host = reader.bytes(ADDR_V1_BYTES);
  return { services, address: fromAddrV1Bytes(host, reader.u16be()) };
}

function writeEndpoint({ services, address }: VersionEndpoint, writer: ByteWriter): void {
  writer.u64(services).bytes(toAddrV1Bytes(address) ?? UNSPECIFIED).u16be(address.port);
}

function unknownEndpoint(): VersionEndpoint {
  return { services: 0n, address: fromAddrV1Bytes(UNSPECIFIED, 0) };
}
