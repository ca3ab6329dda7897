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
import { assert } from "../base/assert.ts";
import { type Bytes, fromHex } from "../base/bytes.ts";
import { sha256 } from "./crypto.ts";

const ELEMENT_BYTES = 384;
const BITS = 3072;
/** The largest safe prime below 2^3072 is this much less. */
const SHORTFALL = 1_103_717n;
const PRIME = (1n << BigInt(BITS)) - SHORTFALL;
const ZEROS = new Uint8Array(ELEMENT_BYTES);
const NONCE = new Uint8Array(12);

/** Bytes that `MuHash.state` takes. */
export const MUHASH_STATE_BYTES = ELEMENT_BYTES;

export class MuHash {
  #numerator = 1n;
  /** Product of what was removed: one division at the end in place of one each. */
  #denominator = 1n;

  /** The set that had this `state`, of `MUHASH_STATE_BYTES` bytes. */
  static of(state: Bytes): MuHash {
    assert(state.length === MUHASH_STATE_BYTES, "the state of a set has one length");
    const set = new MuHash();
    set.#numerator = numberOf(state);
    return set;
  }

  insert(data: Bytes): void {
    this.#numerator = product(this.#numerator, elementOf(data));
  }

  /** It need not be in the set yet. */
  remove(data: Bytes): void {
    this.#denominator = product(this.#denominator, elementOf(data));
  }

  /** 32 bytes; the set can go on to change. */
  digest(): Bytes {
    return sha256(this.state());
  }

  /** All there is to know, to go on from later. */
  state(): Bytes {
    if (this.#denominator !== 1n) {
      this.#numerator = product(this.#numerator, inverse(this.#denominator % PRIME));
      this.#denominator = 1n;
    }
    const reduced = this.#numerator % PRIME;
    return fromHex(reduced.toString(16).padStart(2 * ELEMENT_BYTES, "0")).reverse();
  }
}

function elementOf(data: Bytes): bigint {
  return numberOf(chacha20(sha256(data), NONCE, ZEROS));
}

/** Word by word into four parts, then these together: long numbers are copied at each step. */
function numberOf(bytes: Bytes): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, ELEMENT_BYTES);
  const partBytes = ELEMENT_BYTES / 4;
  let number = 0n;
  for (let start = ELEMENT_BYTES - partBytes; start >= 0; start -= partBytes) {
    let part = 0n;
    for (let at = partBytes - 8; at >= 0; at -= 8) part = (part << 64n) | view.getBigUint64(start + at, true);
    number = (number << BigInt(8 * partBytes)) | part;
  }
  return number;
}

/**
 * Modulo the prime, but for at most one time the prime: what is above 3,072 bits counts SHORTFALL
 * times below, which takes a tenth of the time of a division.
 */
function product(a: bigint, b: bigint): bigint {
  const once = folded(a * b);
  return folded(once);
}

function folded(number: bigint): bigint {
  return BigInt.asUintN(BITS, number) + (number >> BigInt(BITS)) * SHORTFALL;
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
