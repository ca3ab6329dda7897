/**
 * `addr`: nodes that the sender has heard of, IPv4 and IPv6 only.
 *
 * ```text
 * count   n          0..1,000
 * n x 30  { u32 time, u64 services, 16 bytes address, u16 port (big-endian) }
 * ```
 *
 * @module
 */
import { defined } from "../../base/assert.ts";
import type { ByteReader } from "../../codec/byte_reader.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import {
  ADDR_V1_BYTES, fromAddrV1Bytes, type NetworkAddress, toAddrV1Bytes,
} from "../../primitives/network_address.ts";

/** Bitcoin Core drops a peer that sends more at once (MAX_ADDR_TO_SEND). */
export const ADDRESS_COUNT_MAX = 1000;

const ENTRY_BYTES = 4 + 8 + ADDR_V1_BYTES + 2;

export interface TimedAddress {
  /** When it was last heard of, in Unix seconds. */
  readonly time: number;
  readonly services: bigint;
  readonly address: NetworkAddress;
}

export interface Addr {
  readonly addresses: readonly TimedAddress[];
}

/** Whoever sends one sees to it that each address has a place in this form: `toAddrV1Bytes` tells. */
export const addrCodec: Codec<Addr> = {
  size: ({ addresses }) => countSize(addresses.length) + addresses.length * ENTRY_BYTES,

  encode({ addresses }, writer) {
    writer.count(addresses.length);
    for (const { time, services, address } of addresses) {
      const host = defined(toAddrV1Bytes(address), `addr messages carry no ${address.network} addresses`);
      writer.u32(time).u64(services).bytes(host).u16be(address.port);
    }
  },

  decode(reader) {
    const count = reader.count("addresses", ADDRESS_COUNT_MAX);
    const addresses: TimedAddress[] = [];
    for (let i = 0; i < count; i++) addresses.push(readEntry(reader));
    return { addresses };
  },
};

function readEntry(reader: ByteReader): TimedAddress {
  const time = reader.u32();
  const services = reader.u64();
  const host = reader.bytes(ADDR_V1_BYTES);
  return { time, services, address: fromAddrV1Bytes(host, reader.u16be()) };
}
