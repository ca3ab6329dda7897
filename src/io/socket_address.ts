/**
 * Between the addresses of sockets and those of the network.
 *
 * @module
 */
import { formatIp, IPV4_BYTES, parseIp } from "../base/ip_address.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

/** What a socket says of its end; `undefined` when it has none any more. */
export function networkAddress(
  host: string | undefined,
  port: number | undefined,
): NetworkAddress | undefined {
  if (host === undefined || port === undefined) return undefined;
  // A link-local address names its interface: `fe80::1%eth0`.
  const bytes = parseIp(host.split("%", 1)[0] as string);
  if (bytes === undefined) return undefined;
  return { network: bytes.length === IPV4_BYTES ? "ipv4" : "ipv6", bytes, port };
}

/** What to connect a socket to; `undefined` for networks that are reached through a proxy. */
export function socketHost(address: NetworkAddress): string | undefined {
  switch (address.network) {
    case "ipv4":
    case "ipv6":
    case "cjdns":
      return formatIp(address.bytes);
    case "onion":
    case "i2p":
      return undefined;
  }
}
