/**
 * Maps of autonomous systems, for networks that are made up. The format is in addrbook/asmap.ts.
 *
 * @module
 */
import { Asmap } from "../addrbook/asmap.ts";
import { defined } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";

const MATCH = [1, 1, 0];
const RETURN = [0];
/** Bits that a MATCH can take. */
const MATCH_BITS = 8;
const ASN_BITS = 15;
/** Of an IPv4 address as IPv6. */
const IPV4_PREFIX_ZEROS = 80;
const IPV4_PREFIX_ONES = 16;

/** One that knows of a single system, `asn`, which has the IPv4 addresses that begin with these bits. */
export function smallAsmap(asn: number, bytes: Bytes, prefixBits: number): Asmap {
  const address = [...Array<number>(IPV4_PREFIX_ZEROS).fill(0), ...Array<number>(IPV4_PREFIX_ONES).fill(1)];
  for (let i = 0; i < prefixBits; i++) address.push(((bytes[i >>> 3] as number) >>> (7 - (i & 7))) & 1);
  const map: number[] = [];
  for (let at = 0; at < address.length; at += MATCH_BITS) {
    map.push(...matchOf(address.slice(at, at + MATCH_BITS)));
  }
  map.push(...RETURN, ...asnBits(asn));
  return defined(Asmap.parse(packed(map)), "a map of one system is well formed");
}

/** As many ones as there are bits but one, a zero unless they are all there can be, and the bits. */
function matchOf(bits: readonly number[]): readonly number[] {
  const ones = Array<number>(bits.length - 1).fill(1);
  return [...MATCH, ...ones, ...(bits.length === MATCH_BITS ? [] : [0]), ...bits];
}

/** Of the first class, which begins at 1. */
function asnBits(asn: number): readonly number[] {
  return [0, ...Array.from({ length: ASN_BITS }, (_, i) => ((asn - 1) >>> (ASN_BITS - 1 - i)) & 1)];
}

function packed(bits: readonly number[]): Bytes {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) bytes[i >>> 3] = (bytes[i >>> 3] as number) | (bit << (i & 7));
  return bytes;
}
