/**
 * Parts of a network's addresses, as people write them: `1.2.3.0/24`, `1.2.3.0/255.255.255.0`,
 * `2001:db8::/32`, `….onion`. Without a slash, and of hidden services always, it is one address.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { hasPrefixBits } from "../base/ip_address.ts";
import { parseSubnet } from "../base/subnet.ts";
import { formatHost, parseHost } from "../primitives/host_text.ts";
import { ipHost, isValidHost, type NetworkHost } from "../primitives/network_address.ts";

/** The addresses of one network whose first `prefixBits` bits are those of `host`, whose others are zeros. */
export interface HostSubnet {
  readonly host: NetworkHost;
  readonly prefixBits: number;
}

/** One address. */
export function singleHost({ network, bytes }: NetworkHost): HostSubnet {
  return { host: { network, bytes }, prefixBits: 8 * bytes.length };
}

/** `undefined` for anything else, names among them. */
export function parseHostSubnet(text: string): HostSubnet | undefined {
  const subnet = parseSubnet(text);
  if (subnet !== undefined) {
    const { address, prefixBits } = subnet;
    return { host: ipHost(maskedBytes(address, prefixBits)), prefixBits };
  }
  const host = text.includes("/") ? undefined : parseHost(text, 0);
  return host === undefined || !isValidHost(host) ? undefined : singleHost(host);
}

/** As Bitcoin Core writes it: with the length, but for hidden services. */
export function formatHostSubnet({ host, prefixBits }: HostSubnet): string {
  const { network } = host;
  return network === "ipv4" || network === "ipv6" ? `${formatHost(host)}/${prefixBits}` : formatHost(host);
}

export function isInSubnet({ network, bytes }: NetworkHost, { host, prefixBits }: HostSubnet): boolean {
  return network === host.network && hasPrefixBits(bytes, host.bytes, prefixBits);
}

/** With zeros for what comes after the first `bits` bits. */
export function maskedBytes(bytes: Bytes, bits: number): Bytes {
  return bytes.map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - bits))));
}
