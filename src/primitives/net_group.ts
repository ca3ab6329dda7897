/**
 * Which addresses are likely in one hand: whoever rents one has cheap access to its whole group,
 * so that no group may have too many of our connections.
 *
 * Groups are those of Bitcoin Core (netgroup.cpp, GetGroup), as the same bytes: places in `peers.dat`
 * follow from them. `addrbook/net_groups.ts` lays a map of autonomous systems over them.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { hasPrefixBits } from "../base/ip_address.ts";
import {
  isLoopback, isRoutable, NAME_PREFIX_BYTES, type NetworkAddress, type NetworkHost, standsForName,
} from "./network_address.ts";

/** Bytes, one a character: a key for a `Map` or a `Set`, and input for hashes. Equal for one group. */
export type NetGroup = string;

/** The first byte of a group: Bitcoin Core's numbers of networks. */
export const GROUP_CLASS = { unroutable: 0, ipv4: 1, ipv6: 2, onion: 3, i2p: 4, cjdns: 5, name: 6 } as const;

// Ranges of IPv6 that lead to an IPv4 address.
const RFC6052 = Uint8Array.of(0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0);
const RFC6145 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0);
/** 6to4. */
const RFC3964 = Uint8Array.of(0x20, 0x02);
/** Teredo, which writes the IPv4 address inverted. */
const RFC4380 = Uint8Array.of(0x20, 0x01, 0x00, 0x00);

/** Hurricane Electric gives these away to anyone, so that a /32 of them is many hands. */
const HURRICANE_ELECTRIC = Uint8Array.of(0x20, 0x01, 0x04, 0x70);

/**
 * The group of `address`.
 *
 * All that are not routable are one group; `separateLocalPorts` makes each port of an address of this
 * machine a group of its own, for networks inside one machine.
 */
export function netGroup(address: NetworkAddress, separateLocalPorts = false): NetGroup {
  const { network, bytes, port } = address;
  if (separateLocalPorts && isLoopback(address)) {
    return String.fromCharCode(GROUP_CLASS.unroutable, port >>> 8, port & 0xff);
  }
  // A name that stands for an address is its own group.
  if (standsForName(address)) return group(GROUP_CLASS.name, bytes.subarray(NAME_PREFIX_BYTES), 80);
  if (!isRoutable(address)) return String.fromCharCode(GROUP_CLASS.unroutable);
  const ipv4 = linkedIpv4(address);
  if (ipv4 !== undefined) return group(GROUP_CLASS.ipv4, ipv4, 16);
  return group(GROUP_CLASS[network], bytes, groupBits(address));
}

/** The IPv4 address behind a routable one: its own, or that which a tunnel of IPv6 leads to. */
export function linkedIpv4({ network, bytes }: NetworkHost): Bytes | undefined {
  if (network === "ipv4") return bytes;
  if (network !== "ipv6") return undefined;
  if (hasPrefixBits(bytes, RFC6052, 96) || hasPrefixBits(bytes, RFC6145, 96)) return bytes.subarray(12);
  if (hasPrefixBits(bytes, RFC3964, 16)) return bytes.subarray(2, 6);
  if (hasPrefixBits(bytes, RFC4380, 32)) return bytes.subarray(12).map((byte) => byte ^ 0xff);
  return undefined;
}

function groupBits({ network, bytes }: NetworkHost): number {
  switch (network) {
    case "ipv4":
      return 16;
    case "ipv6":
      return hasPrefixBits(bytes, HURRICANE_ELECTRIC, 32) ? 36 : 32;
    case "onion":
    case "i2p":
      return 4;
    case "cjdns":
      // The first eight are the same for all.
      return 12;
  }
}

/** The class and the first `bits` of `bytes`, with ones in the rest of the last byte. */
function group(groupClass: number, bytes: Bytes, bits: number): NetGroup {
  const whole = bits >>> 3;
  let text = String.fromCharCode(groupClass);
  for (let i = 0; i < whole; i++) text += String.fromCharCode(bytes[i] as number);
  const rest = bits & 7;
  return rest === 0 ? text : text + String.fromCharCode((bytes[whole] as number) | (0xff >>> rest));
}
