import type { Bytes } from "./bytes.ts";
import { IPV4_BYTES, parseIp } from "./ip_address.ts";

/** The addresses whose first `prefixBits` bits are those of `address`, of the same length. */
export interface Subnet {
  /** 4 or 16 bytes. */
  readonly address: Bytes;
  readonly prefixBits: number;
}

/**
 * `1.2.3.4`, `1.2.3.0/24`, `1.2.3.0/255.255.255.0`, `::1`, `2001:db8::/32`; `undefined` for
 * anything else, and for a mask with a gap in it.
 */
export function parseSubnet(text: string): Subnet | undefined {
  const slash = text.indexOf("/");
  const address = parseIp(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = 8 * address.length;
  const prefixBits = slash === -1 ? bits : parseMask(text.slice(slash + 1), bits);
  return prefixBits === undefined ? undefined : { address, prefixBits };
}

function parseMask(text: string, bits: number): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= bits ? Number(text) : undefined;
  const mask = parseIp(text);
  if (mask === undefined || mask.length !== IPV4_BYTES || bits !== 8 * IPV4_BYTES) return undefined;
  const word = mask.reduce((sum, byte) => sum * 256 + byte, 0);
  const zeros = 2 ** 32 - word;
  // A mask is ones and then zeros: what it lacks to 2^32 is a power of two.
  return Number.isInteger(Math.log2(zeros)) ? 32 - Math.log2(zeros) : undefined;
}
