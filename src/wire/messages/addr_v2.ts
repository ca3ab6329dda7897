/**
 * `addrv2`: nodes that the sender has heard of, on any network (BIP155).
 *
 * ```text
 * count   n        0..1,000
 * n x     { u32 time, compact services, u8 network, var address, u16 port (big-endian) }
 * ```
 *
 * Entries that mean nothing to us are stepped over, as BIP155 asks: networks we do not know
 * (Tor's old 10-byte addresses among them), IPv4 and such disguised as IPv6, and CJDNS
 * addresses that are none. So what is decoded may be shorter than what was sent.
 *
 * @module
 */
import type { ByteReader } from "../../codec/byte_reader.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { malformed } from "../../codec/decode_error.ts";
import {
  BIP155_ID, isDisguised, NETWORK_BYTES, type NetworkAddress, networkOfBip155Id,
} from "../../primitives/network_address.ts";
import { type Addr, ADDRESS_COUNT_MAX, type TimedAddress } from "./addr.ts";

/** BIP155: longer ones, of whatever network, are refused. */
export const ADDRESS_BYTES_MAX = 512;

export const addrV2Codec: Codec<Addr> = {
  size({ addresses }) {
    let size = countSize(addresses.length);
    for (const { services, address } of addresses) {
      size += 4 + countSize(services) + 1 + countSize(address.bytes.length) + address.bytes.length + 2;
    }
    return size;
  },

  encode({ addresses }, writer) {
    writer.count(addresses.length);
    for (const { time, services, address } of addresses) {
      writer.u32(time).compactU64(services);
      writer.u8(BIP155_ID[address.network]).varBytes(address.bytes).u16be(address.port);
    }
  },

  decode(reader) {
    const count = reader.count("addresses", ADDRESS_COUNT_MAX);
    const addresses: TimedAddress[] = [];
    for (let i = 0; i < count; i++) {
      const entry = readEntry(reader);
      if (entry !== undefined) addresses.push(entry);
    }
    return { addresses };
  },
};

function readEntry(reader: ByteReader): TimedAddress | undefined {
  const time = reader.u32();
  const services = reader.compactU64();
  const network = networkOfBip155Id(reader.u8());
  const start = reader.offset;
  const bytes = reader.copy(reader.count("address length", ADDRESS_BYTES_MAX));
  const port = reader.u16be();
  if (network === undefined) return undefined;
  if (bytes.length !== NETWORK_BYTES[network]) {
    throw malformed(start, `${network} address`, `${bytes.length} bytes long`);
  }
  const address: NetworkAddress = { network, bytes, port };
  return isDisguised(address) ? undefined : { time, services, address };
}
