/**
 * How well one address can be reached from another.
 *
 * Source: Bitcoin Core, netaddress.cpp, GetReachabilityFrom.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { hasPrefixBits } from "../base/ip_address.ts";
import { isRoutable, type NetworkHost, type NetworkName } from "./network_address.ts";

/** The higher the better; only their order means something. */
const REACH = {
  unreachable: 0, usual: 1, teredo: 2, weakIpv6: 3, ipv4: 4, strongIpv6: 5, private: 6,
} as const;

/** Teredo (RFC 4380), IPv6 through IPv4, counts as a network of its own here. */
type Network = NetworkName | "teredo" | "unroutable";

const TEREDO = Uint8Array.of(0x20, 0x01, 0, 0);
/** IPv6 that is carried by IPv4, and the worse for it: 6to4, NAT64 and SIIT (RFC 3964, 6052, 6145). */
const TUNNELS: readonly Bytes[] = [
  Uint8Array.of(0x20, 0x02),
  Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0),
];

const FROM: Readonly<Record<Network, Readonly<Partial<Record<Network, number>>>>> = {
  ipv4: { ipv4: REACH.ipv4 },
  ipv6: { teredo: REACH.teredo, ipv4: REACH.ipv4, ipv6: REACH.strongIpv6 },
  // Who is in Tor can leave it.
  onion: { ipv4: REACH.ipv4, onion: REACH.private },
  i2p: { i2p: REACH.private },
  cjdns: { cjdns: REACH.private },
  teredo: { teredo: REACH.teredo, ipv6: REACH.weakIpv6, ipv4: REACH.ipv4 },
  // Either from Tor, or our address is all the same to it.
  unroutable: { teredo: REACH.teredo, ipv6: REACH.weakIpv6, ipv4: REACH.ipv4, onion: REACH.private },
};

/** A measure of how well `ours` is reached from `theirs`: the higher the better, zero for not at all. */
export function reachability(ours: NetworkHost, theirs: NetworkHost): number {
  if (!isRoutable(ours)) return REACH.unreachable;
  const [to, from] = [networkOf(ours), networkOf(theirs)];
  const reach = FROM[from][to] ?? REACH.usual;
  return reach === REACH.strongIpv6 && isTunnel(ours) ? REACH.weakIpv6 : reach;
}

function networkOf(host: NetworkHost): Network {
  if (!isRoutable(host)) return "unroutable";
  return host.network === "ipv6" && startsWith(host, TEREDO) ? "teredo" : host.network;
}

function isTunnel(host: NetworkHost): boolean {
  return TUNNELS.some((prefix) => startsWith(host, prefix));
}

function startsWith({ bytes }: NetworkHost, prefix: Bytes): boolean {
  return hasPrefixBits(bytes, prefix, 8 * prefix.length);
}
