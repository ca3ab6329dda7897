/** Numbers modulo the order of secp256k1's group, as 32 bytes, the highest first. @module */
import { type Bytes, compareBytes, fromHex } from "../base/bytes.ts";

const ORDER = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
/** The largest, which is the negative of one. */
export const MINUS_ONE: Bytes = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140");
const ZERO = new Uint8Array(32);

/** The first byte of half the order. */
const HALF_ORDER_BYTE = 0x7f;

/** Whether it is in range: neither zero nor the order or more. */
export function isScalar(bytes: Bytes): boolean {
  return bytes.length === 32 && compareBytes(bytes, ORDER) < 0 && compareBytes(bytes, ZERO) > 0;
}

/**
 * False when the S of a compact signature is surely no more than half the order, so that there is no
 * need to normalize it. One in 128 low ones looks high; no high one looks low.
 */
export function mayHaveHighS(compact: Bytes): boolean {
  return (compact[32] as number) >= HALF_ORDER_BYTE;
}
