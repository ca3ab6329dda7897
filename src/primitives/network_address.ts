/**
 * Where a node may be reached, on any of the networks that BIP155 tells apart.
 *
 * Texts are in host_text.ts, groups of addresses in net_group.ts.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import { asIpv4, asIpv6, hasPrefixBits, isRoutableIp } from "../base/ip_address.ts";

/** The names that Bitcoin Core's RPC uses. */
export type NetworkName = "ipv4" | "ipv6" | "onion" | "i2p" | "cjdns";

/** In the order in which they are listed. */
export const NETWORK_NAMES: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];

/** A machine, or a hidden service: 4, 16, 32, 32 or 16 bytes by network. */
export interface NetworkHost {
  readonly network: NetworkName;
  readonly bytes: Bytes;
}

/** Where a node may be reached: 4, 16, 32, 32 or 16 bytes by network, and a port. */
export interface NetworkAddress extends NetworkHost {
  readonly port: number;
  /** The name by which it was asked for (`namedAddress`); it is shown in place of the bytes. */
  readonly name?: string;
}

/** Length of an address; of Tor's and I2P's, without what their text adds to it. */
export const NETWORK_BYTES: Readonly<Record<NetworkName, number>> = {
  ipv4: 4, ipv6: 16, onion: 32, i2p: 32, cjdns: 16,
};

/** Numbers of the networks in `addrv2` (BIP155); 3 was Tor's old form, which is gone. */
export const BIP155_ID: Readonly<Record<NetworkName, number>> = {
  ipv4: 1, ipv6: 2, onion: 4, i2p: 5, cjdns: 6,
};

const NETWORK_BY_ID: readonly (NetworkName | undefined)[] = [
  undefined, "ipv4", "ipv6", undefined, "onion", "i2p", "cjdns",
];

/** Addresses in messages before BIP155 have this many bytes. */
export const ADDR_V1_BYTES = 16;

/** Every address of CJDNS begins with it. */
const CJDNS_PREFIX = 0xfc;

// Ranges of IPv6 that stand for something else (netaddress.h).
const IPV4_IN_IPV6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
const ONION_V2_IN_IPV6 = Uint8Array.of(0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43);
/** Bitcoin Core's own, for names that are not resolved: the start of SHA-256 of `bitcoin`. */
const NAME_IN_IPV6 = Uint8Array.of(0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24);
const IPV6_DOCUMENTATION = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8);
const IPV6_LOOPBACK = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** `undefined` for a network that is not known here. */
export function networkOfBip155Id(id: number): NetworkName | undefined {
  return NETWORK_BY_ID[id];
}

/** The host that 4 or 16 bytes of an IP address name; IPv4 mapped into IPv6 is IPv4. */
export function ipHost(ip: Bytes): NetworkHost {
  const ipv4 = asIpv4(ip);
  return ipv4 === undefined ? { network: "ipv6", bytes: ip } : { network: "ipv4", bytes: ipv4.slice() };
}

/** A key for a `Map`: equal for equal network, host and port, and for nothing else. */
export function addressKey({ network, bytes, port }: NetworkAddress): string {
  return String.fromCharCode(BIP155_ID[network], port >>> 8, port & 0xff, ...bytes);
}

/** As `addressKey`, but of the host alone. */
export function hostKey({ network, bytes }: NetworkHost): string {
  return String.fromCharCode(BIP155_ID[network], ...bytes);
}

export function equalAddresses(a: NetworkAddress, b: NetworkAddress): boolean {
  return a.port === b.port && a.network === b.network && equalBytes(a.bytes, b.bytes);
}

/**
 * Whether the bytes are not what the network says: IPv4, Tor's old form or a mere name written as
 * IPv6, or CJDNS without its prefix. BIP155 has such entries of `addrv2` ignored.
 */
export function isDisguised({ network, bytes }: NetworkHost): boolean {
  if (network === "cjdns") return bytes[0] !== CJDNS_PREFIX;
  if (network !== "ipv6") return false;
  return [IPV4_IN_IPV6, ONION_V2_IN_IPV6, NAME_IN_IPV6].some((prefix) => startsWith(bytes, prefix));
}

/** Whether it can be the address of some host, on the Internet or not (netaddress.cpp, IsValid). */
export function isValidHost(host: NetworkHost): boolean {
  const { network, bytes } = host;
  if (isDisguised(host)) return false;
  const isAll = (value: number): boolean => bytes.every((byte) => byte === value);
  if (network === "ipv4") return !isAll(0) && !isAll(0xff);
  if (network === "ipv6") return !isAll(0) && !startsWith(bytes, IPV6_DOCUMENTATION);
  return true;
}

/** What comes before the digest in the bytes that stand for a name. */
export const NAME_PREFIX_BYTES = NAME_IN_IPV6.length;

/** Whether the bytes stand for a name, and are nobody's address. */
export function standsForName({ network, bytes }: NetworkHost): boolean {
  return network === "ipv6" && startsWith(bytes, NAME_IN_IPV6);
}

/** Whether the name is all that is known: the bytes only tell it from others. */
export function isNamed({ name, bytes }: NetworkAddress): boolean {
  return name !== undefined && startsWith(bytes, NAME_IN_IPV6);
}

/** What stands for a name: never routable, so that it is neither kept nor told to anyone. */
export function nameBytes(digest: Bytes): Bytes {
  return concatBytes(NAME_IN_IPV6, digest.subarray(0, ADDR_V1_BYTES - NAME_IN_IPV6.length));
}

/** 127.0.0.0/8 and ::1: this machine. */
export function isLoopback({ network, bytes }: NetworkHost): boolean {
  if (network === "ipv4") return bytes[0] === 127;
  return network === "ipv6" && equalBytes(bytes, IPV6_LOOPBACK);
}

/**
 * Whether it may be dialled, and told of to others: those of this machine only where a whole network is
 * inside one (`localPeers`).
 */
export function isUsable(host: NetworkHost, localPeers: boolean): boolean {
  return isRoutable(host) || (localPeers && isLoopback(host));
}

/** Whether anyone, anywhere, could reach it: what may be told to others (netaddress.cpp, IsRoutable). */
export function isRoutable(host: NetworkHost): boolean {
  if (!isValidHost(host)) return false;
  return (host.network !== "ipv4" && host.network !== "ipv6") || isRoutableIp(host.bytes);
}

/** The 16 bytes for it in `version` and `addr`; `undefined` for Tor, I2P and CJDNS, which have none. */
export function toAddrV1Bytes({ network, bytes }: NetworkHost): Bytes | undefined {
  return hasAddrV1Form({ network }) ? asIpv6(bytes) : undefined;
}

/** Whether `version` and `addr` have room for it. */
export function hasAddrV1Form({ network }: Pick<NetworkHost, "network">): boolean {
  return network === "ipv4" || network === "ipv6";
}

/**
 * The address that 16 bytes of `version` or `addr` stand for; a copy of them.
 *
 * What was once written as IPv6 without being that, such as Tor's old addresses, stays IPv6 here:
 * it lies in ranges that are not routable, so it is neither dialled nor passed on.
 */
export function fromAddrV1Bytes(bytes: Bytes, port: number): NetworkAddress {
  const ipv4 = asIpv4(bytes);
  if (ipv4 !== undefined) return { network: "ipv4", bytes: Uint8Array.from(ipv4), port };
  return { network: "ipv6", bytes: Uint8Array.from(bytes), port };
}

function startsWith(bytes: Bytes, prefix: Bytes): boolean {
  return hasPrefixBits(bytes, prefix, 8 * prefix.length);
}
