/**
 * Numbers modulo the prime of secp256k1's coordinates. For what everybody may see: how long it takes
 * depends on the numbers, so nothing secret is to be computed with it.
 *
 * @module
 */
import { type Bytes, fromHex, toHex } from "../base/bytes.ts";

/** The prime: 2^256 - 2^32 - 977. */
export const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n;
const LOW_BITS = 2n ** 256n - 1n;
/** What 2^256 is modulo the prime. */
const FOLD = 2n ** 32n + 977n;

/** In range, whatever `value` is. */
export function reduce(value: bigint): bigint {
  const rest = value % FIELD_PRIME;
  return rest < 0n ? rest + FIELD_PRIME : rest;
}

/** `bytes`: 32, the highest first; they may be the prime or more. */
export function fieldFromBytes(bytes: Bytes): bigint {
  return reduce(BigInt(`0x${toHex(bytes)}`));
}

export function fieldToBytes(value: bigint): Bytes {
  return fromHex(value.toString(16).padStart(64, "0"));
}

/** The inverse of what is not zero, by the extended Euclidean algorithm. */
export function invert(value: bigint): bigint {
  let [a, b, u, v] = [value, FIELD_PRIME, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [u, v] = [v, u - quotient * v];
  }
  return reduce(u);
}

/** Whether `value`, which is in range, is the square of some number: its Jacobi symbol is not -1. */
export function isSquare(value: bigint): boolean {
  let isNegative = false;
  let [a, n] = [value, FIELD_PRIME];
  while (a !== 0n) {
    const zeros = trailingZeros(a);
    a >>= BigInt(zeros);
    const low = Number(n & 7n);
    if (zeros % 2 === 1 && (low === 3 || low === 5)) isNegative = !isNegative;
    if ((a & 3n) === 3n && (low & 3) === 3) isNegative = !isNegative;
    [a, n] = [n % a, a];
  }
  // The prime has no factor in common with anything but zero.
  return n !== 1n || !isNegative;
}

/** The root that is itself a square; `undefined` when there is none. */
export function squareRoot(value: bigint): bigint | undefined {
  return isSquare(value) ? rootOfSquare(value) : undefined;
}

/**
 * The same of what is known to be a square: it to the power of (prime + 1) / 4, which as bits is 223
 * ones, a zero, 22 ones, four zeros, two ones and two zeros. `onesN` is `value` to the power of N ones.
 */
export function rootOfSquare(value: bigint): bigint {
  const ones2 = fold(shifted(value, 1) * value);
  const ones3 = fold(shifted(ones2, 1) * value);
  const ones6 = fold(shifted(ones3, 3) * ones3);
  const ones9 = fold(shifted(ones6, 3) * ones3);
  const ones11 = fold(shifted(ones9, 2) * ones2);
  const ones22 = fold(shifted(ones11, 11) * ones11);
  const ones44 = fold(shifted(ones22, 22) * ones22);
  const ones88 = fold(shifted(ones44, 44) * ones44);
  const ones176 = fold(shifted(ones88, 88) * ones88);
  const ones220 = fold(shifted(ones176, 44) * ones44);
  const ones223 = fold(shifted(ones220, 3) * ones3);
  const upper = fold(shifted(ones223, 23) * ones22);
  return reduce(shifted(fold(shifted(upper, 6) * ones2), 2));
}

/** Squared `count` times: the bits of the exponent move up by as many. */
function shifted(value: bigint, count: number): bigint {
  for (let i = 0; i < count; i++) value = fold(value * value);
  return value;
}

/** Of a product of two numbers below 2^257, a number of the same class below 2^257. */
function fold(product: bigint): bigint {
  const once = (product & LOW_BITS) + (product >> 256n) * FOLD;
  return (once & LOW_BITS) + (once >> 256n) * FOLD;
}

function trailingZeros(value: bigint): number {
  let count = 0;
  for (let rest = value; ; rest >>= 32n) {
    const word = Number(rest & 0xffff_ffffn);
    if (word !== 0) return count + 31 - Math.clz32(word & -word);
    count += 32;
  }
}
