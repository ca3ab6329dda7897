/**
 * IPv4 and IPv6 addresses as 4 and 16 bytes: their text, and which of them mean what.
 *
 * Ranges are those that Bitcoin Core tells apart (netaddress.cpp); an IPv4 address mapped into
 * IPv6 (`::ffff:0:0/96`) is IPv4.
 *
 * @module
 */
import { type Bytes, equalBytes } from "./bytes.ts";

export const IPV4_BYTES = 4;
export const IPV6_BYTES = 16;

const IPV4_MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
const IPV6_LOOPBACK = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** A range of addresses: its first bytes, and how many leading bits of them count. */
interface Range {
  readonly prefix: Bytes;
  readonly bits: number;
}

function range(bits: number, ...prefix: number[]): Range {
  return { prefix: Uint8Array.from(prefix), bits };
}

/** Not reachable over the Internet, by the RFC that sets them aside. */
const UNROUTABLE_IPV4: readonly Range[] = [
  range(8, 0), // RFC 1122: this network
  range(8, 10), range(12, 172, 16), range(16, 192, 168), // RFC 1918: private
  range(15, 198, 18), // RFC 2544: benchmarks
  range(16, 169, 254), // RFC 3927: link-local
  range(10, 100, 64), // RFC 6598: carrier-grade NAT
  range(24, 192, 0, 2), range(24, 198, 51, 100), range(24, 203, 0, 113), // RFC 5737: documentation
  range(8, 127),
  range(32, 255, 255, 255, 255),
];

const UNROUTABLE_IPV6: readonly Range[] = [
  range(32, 0x20, 0x01, 0x0d, 0xb8), // RFC 3849: documentation
  range(64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0), // RFC 4862: link-local
  range(7, 0xfc), // RFC 4193: unique local
  range(28, 0x20, 0x01, 0x00, 0x10), // RFC 4843: ORCHID
  range(28, 0x20, 0x01, 0x00, 0x20), // RFC 7343: ORCHIDv2
  range(128, ...IPV6_LOOPBACK),
  range(128, ...new Uint8Array(IPV6_BYTES)),
];

/** Whether the first `bits` of `ip` are those of `prefix`. */
export function hasPrefixBits(ip: Bytes, prefix: Bytes, bits: number): boolean {
  const whole = bits >>> 3;
  if (whole > ip.length || whole > prefix.length) return false;
  for (let i = 0; i < whole; i++) if (ip[i] !== prefix[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  if (whole === ip.length || whole === prefix.length) return false;
  return (((ip[whole] as number) ^ (prefix[whole] as number)) >>> (8 - rest)) === 0;
}

/** 127.0.0.0/8, 0.0.0.0/8 and ::1, which Bitcoin Core calls local. */
export function isLocalIp(ip: Bytes): boolean {
  if (ip.length === IPV4_BYTES) return ip[0] === 127 || ip[0] === 0;
  return equalBytes(ip, IPV6_LOOPBACK);
}

/** Whether a node at this address may be reached over the Internet. */
export function isRoutableIp(ip: Bytes): boolean {
  const unroutable = ip.length === IPV4_BYTES ? UNROUTABLE_IPV4 : UNROUTABLE_IPV6;
  return !unroutable.some(({ prefix, bits }) => hasPrefixBits(ip, prefix, bits));
}

/** The 4 bytes of an IPv4 address, mapped into IPv6 or not; `undefined` for any other. */
export function asIpv4(ip: Bytes): Bytes | undefined {
  if (ip.length === IPV4_BYTES) return ip;
  return hasPrefixBits(ip, IPV4_MAPPED_PREFIX, 96) ? ip.subarray(12) : undefined;
}

/** The 16 bytes that carry any IP address in `version` and `addr` messages. */
export function asIpv6(ip: Bytes): Bytes {
  if (ip.length === IPV6_BYTES) return ip;
  const mapped = new Uint8Array(IPV6_BYTES);
  mapped.set(IPV4_MAPPED_PREFIX);
  mapped.set(ip, 12);
  return mapped;
}

/**
 * The bytes of an address in text: 4, or 16 that are not IPv4 in disguise.
 *
 * Takes dotted quads and RFC 4291 text (`::1`, `::ffff:1.2.3.4`), no brackets, scopes or names.
 */
export function parseIp(text: string): Bytes | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const ip = parseIpv6(text);
  return ip === undefined ? undefined : (asIpv4(ip) ?? ip);
}

function parseIpv4(text: string): Bytes | undefined {
  const parts = text.split(".");
  const isDecimal = (part: string): boolean => /^(0|[1-9]\d{0,2})$/.test(part);
  if (parts.length !== IPV4_BYTES || !parts.every(isDecimal)) return undefined;
  const numbers = parts.map(Number);
  return numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined;
}

function parseIpv6(text: string): Bytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const zeros = IPV6_BYTES - head.length - tail.length;
  if (halves.length === 1 ? zeros !== 0 : zeros < 2) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(zeros).fill(0), ...tail]);
}

/** The bytes of groups between colons; the last may be a dotted quad where `isEnd`. */
function parseGroups(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (isEnd && index === groups.length - 1 && group.includes(".")) {
      const quad = parseIpv4(group);
      if (quad === undefined) return undefined;
      bytes.push(...quad);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

/** As RFC 5952 writes it: lower case, the longest run of zero groups (two at least) as `::`. */
export function formatIp(ip: Bytes): string {
  if (ip.length === IPV4_BYTES) return Array.from(ip).join(".");
  const view = new DataView(ip.buffer, ip.byteOffset, IPV6_BYTES);
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i));
  const [start, length] = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best[1]) best = [start, index + 1 - start];
  }
  return best;
}

