/**
 * Addresses that come with the program: nodes that were up for long when they were listed.
 *
 * As Bitcoin Core lists them (contrib/seeds), one after the other, in base64:
 *
 * ```text
 * u8 network (BIP155), u8 length, bytes of the host, u16be port
 * ```
 *
 * @module
 */
import { base64 } from "@scure/base";
import { malformed } from "../codec/decode_error.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { type NetworkAddress, NETWORK_BYTES, networkOfBip155Id } from "../primitives/network_address.ts";

/**
 * All of a list; line breaks are passed over.
 *
 * @throws {DecodeError} for bytes that are no such list, which of ours would be a bug
 */
export function unpackSeeds(packed: string): readonly NetworkAddress[] {
  const reader = new ByteReader(base64.decode(packed.replaceAll("\n", "")));
  const seeds: NetworkAddress[] = [];
  while (reader.remaining > 0) {
    const start = reader.offset;
    const [id, length] = [reader.u8(), reader.u8()];
    const network = networkOfBip155Id(id);
    if (network === undefined || length !== NETWORK_BYTES[network]) {
      throw malformed(start, "network", `${id}`);
    }
    seeds.push({ network, bytes: reader.copy(length), port: reader.u16be() });
  }
  return seeds;
}
