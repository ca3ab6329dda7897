import { wordAt } from "../base/salted_hash.ts";
import type { Bytes } from "../base/bytes.ts";

export const COIN_CHECKSUM_BYTES = 4;

/**
 * 32 bits of a coin's key and of the first `length` bytes of its value, against disks that forget:
 * LevelDB reads its tables unchecked. MurmurHash3 (Austin Appleby, x86_32) of each, one as the seed of
 * the other.
 *
 * Each step is a bijection of the state and of the word that it takes in, so that damage within one
 * word of four bytes is always found, and other damage but for one time in 2^32.
 */
export function coinChecksum(key: Bytes, value: Bytes, length: number): number {
  return murmur3(murmur3(0, key, key.length), value, length);
}

function murmur3(seed: number, bytes: Bytes, length: number): number {
  let hash = seed;
  const wordsEnd = length & ~3;
  for (let at = 0; at < wordsEnd; at += 4) {
    hash ^= scrambled(wordAt(bytes, at));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe654_6b64) | 0;
  }
  let tail = 0;
  for (let at = length - 1; at >= wordsEnd; at--) tail = (tail << 8) | (bytes[at] as number);
  hash ^= scrambled(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e_2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b87_3593);
}
