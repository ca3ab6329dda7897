/**
 * Which addresses are likely in one hand: whoever rents one has cheap access to its whole group,
 * so that no group may have too many of our connections.
 *
 * Groups as in Bitcoin Core (netgroup.cpp, GetGroup), without maps of autonomous systems.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { hasPrefixBits, isLocalIp } from "../base/ip_address.ts";
import { isRoutable, type NetworkAddress, type NetworkHost } from "./network_address.ts";

/** A key for a `Map` or a `Set`: equal for addresses of one group. */
export type NetGroup = string;

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
 * All local addresses are one group, and all others that are not routable another;
 * `separateLocalPorts` makes each port of a local address a group of its own, for networks inside
 * one machine.
 */
export function netGroup(address: NetworkAddress, separateLocalPorts = false): NetGroup {
  const { network, bytes, port } = address;
  if ((network === "ipv4" || network === "ipv6") && isLocalIp(bytes)) {
    return separateLocalPorts ? `local:${port}` : "local";
  }
  if (!isRoutable(address)) return "unroutable";
  const ipv4 = linkedIpv4(address);
  if (ipv4 !== undefined) return `ipv4:${ipv4[0]}.${ipv4[1]}`;
  return `${network}:${leadingBits(bytes, groupBits(address))}`;
}

/** The IPv4 address behind a routable one: its own, or that which a tunnel of IPv6 leads to. */
function linkedIpv4({ network, bytes }: NetworkHost): Bytes | undefined {
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

function leadingBits(bytes: Bytes, count: number): string {
  let text = "";
  for (let bit = 0; bit < count; bit += 4) {
    text += (((bytes[bit >>> 3] as number) >>> (4 - (bit & 4))) & 15).toString(16);
  }
  return text;
}
