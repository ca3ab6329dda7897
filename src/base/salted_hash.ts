import type { Rng } from "./rng.ts";

/** What keeps strangers from choosing keys that all meet in one place of a table. Never shown. */
export interface HashSalt {
  readonly first: number;
  readonly second: number;
}

export function drawSalt(rng: Rng): HashSalt {
  return { first: rng.u32(), second: rng.u32() };
}

/**
 * 32 bits out of 64 that a stranger could choose at great cost only, such as the first eight bytes
 * of a hash, and of a small number beside them.
 *
 * Not SipHash: finding two block or transaction hashes that agree in 64 bits takes more work than
 * slowing one table down is worth, and what agrees in fewer is torn apart by the salt.
 */
export function saltedHash({ first, second }: HashSalt, low: number, high: number, extra: number): number {
  let hash = Math.imul(low ^ first, 0x85eb_ca6b);
  hash = Math.imul(rotateLeft(hash, 15) ^ high ^ second, 0xc2b2_ae35);
  hash = Math.imul(rotateLeft(hash, 13) ^ extra, 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The four bytes at `offset`, little-endian, as a signed number: good enough to be hashed or compared. */
export function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] as number) |
    ((bytes[offset + 1] as number) << 8) |
    ((bytes[offset + 2] as number) << 16) |
    ((bytes[offset + 3] as number) << 24)
  );
}

function rotateLeft(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}
