/**
 * Hosts and addresses as people write them: `192.0.2.1:8333`, `[2001:db8::1]:8333`, `….onion`,
 * `….b32.i2p`.
 *
 * @module
 */
import { fromBase32, toBase32 } from "../base/base32.ts";
import { type Bytes, concatBytes, equalBytes, fromLatin1, fromUtf8 } from "../base/bytes.ts";
import { formatIp, parseIp as parseIpBytes } from "../base/ip_address.ts";
import { sha256 } from "../crypto/crypto.ts";
import { sha3_256 } from "../crypto/sha3.ts";
import {
  addressKey, ipHost, nameBytes, type NetworkAddress, type NetworkHost,
} from "./network_address.ts";

const ONION_SUFFIX = ".onion";
const ONION_VERSION = 3;
const ONION_CHECKSUM_BYTES = 2;
const I2P_SUFFIX = ".b32.i2p";
/** 32 bytes, without padding. */
const I2P_TEXT_LENGTH = 52;
const PORT_MAX = 0xffff;

/**
 * An IPv4 or IPv6 address, without brackets; IPv4 mapped into IPv6 is IPv4. `undefined` for any
 * other text.
 */
export function parseIp(text: string): NetworkHost | undefined {
  const ip = parseIpBytes(text);
  return ip === undefined ? undefined : ipHost(ip);
}

/**
 * An IP address, with or without brackets, or a hidden service; `undefined` for other names, which must
 * be resolved.
 */
export function parseHost(host: string, port: number): NetworkAddress | undefined {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  const parsed = parseIp(bare) ?? parseOnion(host) ?? parseI2p(host);
  return parsed === undefined ? undefined : { ...parsed, port };
}

/**
 * `host`, `host:port` or `[ipv6]:port`, taken apart; brackets are gone. An IPv6 address without
 * brackets has no port. `undefined` when the port is not a number from 1 to 65535. In I2P there are no
 * ports: the usual one is zero.
 */
export function splitHostPort(
  text: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return parseIp(text) === undefined ? undefined : { host: text, port: defaultPort };
  const [, bracketed, plain, digits] = match;
  const host = bracketed ?? plain ?? "";
  const isI2p = host.toLowerCase().endsWith(I2P_SUFFIX);
  const port = digits === undefined ? (isI2p ? 0 : defaultPort) : Number(digits);
  if (host === "" || port > PORT_MAX || (digits !== undefined && port === 0 && !isI2p)) return undefined;
  return { host, port };
}

/** `splitHostPort` and `parseHost` in one; `undefined` also for a name that must be resolved. */
export function parseAddress(text: string, defaultPort: number): NetworkAddress | undefined {
  const parts = splitHostPort(text, defaultPort);
  return parts === undefined ? undefined : parseHost(parts.host, parts.port);
}

/**
 * Stands for a host that is known by name only, as Bitcoin Core's SetInternal has it: dialled through a
 * proxy that looks it up, or looked up when it is dialled.
 */
export function namedAddress(name: string, port: number): NetworkAddress {
  return { network: "ipv6", bytes: nameBytes(sha256(fromUtf8(name))), port, name };
}

const HOST_NAME_LENGTH_MAX = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Labels as in DNS (RFC 1123, 2.1), underscores too. The last is no number: `1.2.3.256` is a slip. */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  if (text.length > HOST_NAME_LENGTH_MAX || !labels.every((label) => LABEL.test(label))) return false;
  return !/^\d+$/.test(labels.at(-1) ?? "");
}

/** Whether a name may be asked of a resolver: those of hidden services would only tell who looks for them. */
export function isPublicName(name: string): boolean {
  return !/\.(onion|i2p)\.?$/i.test(name);
}

/** By what an address that was asked for is told from others: its name where it has one. */
export function dialKey(address: NetworkAddress): string {
  const { name, port } = address;
  return addressKey(name === undefined ? address : namedAddress(name, port));
}

/** As `parseAddress`; other names are not looked up, but stand for themselves. */
export function parseDestination(text: string, defaultPort: number): NetworkAddress | undefined {
  const parts = splitHostPort(text.replace(/^localhost(?=:|$)/, "127.0.0.1"), defaultPort);
  if (parts === undefined) return undefined;
  return parseHost(parts.host, parts.port) ?? namedAddress(parts.host, parts.port);
}

export function formatHost({ network, bytes, name }: NetworkHost & { readonly name?: string }): string {
  if (name !== undefined) return name;
  switch (network) {
    case "ipv4":
    case "ipv6":
    case "cjdns":
      return formatIp(bytes);
    case "onion":
      return toBase32(concatBytes(bytes, onionChecksum(bytes), Uint8Array.of(ONION_VERSION))) + ONION_SUFFIX;
    case "i2p":
      return toBase32(bytes) + I2P_SUFFIX;
  }
}

/** `127.0.0.1:8333`, `[::1]:8333`: with brackets round what has colons. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** As `formatHostPort`. */
export function formatAddress(address: NetworkAddress): string {
  return formatHostPort(formatHost(address), address.port);
}

/** Base32 of public key, checksum and version (Tor's rend-spec-v3, 6). */
function parseOnion(text: string): NetworkHost | undefined {
  if (!text.toLowerCase().endsWith(ONION_SUFFIX)) return undefined;
  const decoded = fromBase32(text.slice(0, -ONION_SUFFIX.length));
  if (decoded === undefined || decoded.length !== 32 + ONION_CHECKSUM_BYTES + 1) return undefined;
  const key = decoded.slice(0, 32);
  const checksum = decoded.subarray(32, 32 + ONION_CHECKSUM_BYTES);
  if (decoded[34] !== ONION_VERSION || !equalBytes(checksum, onionChecksum(key))) return undefined;
  return { network: "onion", bytes: key };
}

function onionChecksum(key: Bytes): Bytes {
  const data = concatBytes(fromLatin1(".onion checksum"), key, Uint8Array.of(ONION_VERSION));
  return sha3_256(data).slice(0, ONION_CHECKSUM_BYTES);
}

/** Base32 of the SHA-256 of a destination. */
function parseI2p(text: string): NetworkHost | undefined {
  if (!text.toLowerCase().endsWith(I2P_SUFFIX)) return undefined;
  const name = text.slice(0, -I2P_SUFFIX.length);
  const bytes = name.length === I2P_TEXT_LENGTH ? fromBase32(name) : undefined;
  return bytes === undefined ? undefined : { network: "i2p", bytes };
}
