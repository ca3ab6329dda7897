/**
 * A hash of a set of byte strings that can be brought up to date one by one, in any order: each
 * becomes a number modulo a prime of 3,072 bits, and the set is their product.
 *
 * A number is the first 384 bytes of the ChaCha20 stream under the string's SHA-256 as key,
 * lowest byte first (Bitcoin Core: crypto/muhash.h, MuHash3072).
 *
 * @module
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { type Bytes, fromHex, toHex } from "../base/bytes.ts";
import { sha256 } from "./crypto.ts";

const ELEMENT_BYTES = 384;
/** The largest safe prime below 2^3072. */
const PRIME = (1n << 3072n) - 1_103_717n;
const ZEROS = new Uint8Array(ELEMENT_BYTES);
const NONCE = new Uint8Array(12);

export class MuHash {
  #numerator = 1n;
  /** Product of what was removed: one division at the end in place of one each. */
  #denominator = 1n;

  insert(data: Bytes): void {
    this.#numerator = (this.#numerator * elementOf(data)) % PRIME;
  }

  /** It need not be in the set yet. */
  remove(data: Bytes): void {
    this.#denominator = (this.#denominator * elementOf(data)) % PRIME;
  }

  /** 32 bytes; the set can go on to change. */
  digest(): Bytes {
    this.#numerator = (this.#numerator * inverse(this.#denominator)) % PRIME;
    this.#denominator = 1n;
    return sha256(fromHex(this.#numerator.toString(16).padStart(2 * ELEMENT_BYTES, "0")).reverse());
  }
}

function elementOf(data: Bytes): bigint {
  const stream = chacha20(sha256(data), NONCE, ZEROS);
  return BigInt(`0x${toHex(stream.reverse())}`);
}

/** Of a number that the prime does not divide, by the extended Euclidean algorithm. */
function inverse(value: bigint): bigint {
  let [a, b] = [PRIME, value];
  let [x, y] = [0n, 1n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + PRIME : x;
}
