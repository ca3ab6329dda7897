/**
 * Targets: the number that a block's hash may not exceed, and how headers write it.
 *
 * ```text
 * bits = 0xSSMMMMMM    target = MMMMMM * 256^(SS - 3)    sign in the top bit of MMMMMM
 * ```
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { type BlockHash, HASH_BYTES } from "./hash.ts";

const MANTISSA_MASK = 0x007f_ffff;
const SIGN_BIT = 0x0080_0000;
const TWO_TO_256 = 1n << 256n;

/** The target that `bits` stands for; `undefined` when it is zero, negative or over 256 bits. */
export function expandTarget(bits: number): bigint | undefined {
  const size = bits >>> 24;
  const mantissa = bits & MANTISSA_MASK;
  if (size <= 3) {
    const target = mantissa >>> (8 * (3 - size));
    return target === 0 || (bits & SIGN_BIT) !== 0 ? undefined : BigInt(target);
  }
  if (mantissa === 0 || (bits & SIGN_BIT) !== 0 || overflows(size, mantissa)) return undefined;
  return BigInt(mantissa) << BigInt(8 * (size - 3));
}

function overflows(size: number, mantissa: number): boolean {
  return size > 34 || (size > 33 && mantissa > 0xff) || (size > 32 && mantissa > 0xffff);
}

/** `target` in compact form, its lower digits cut off. */
export function compactTarget(target: bigint): number {
  assert(target >= 0n && target < TWO_TO_256, "a target has at most 256 bits");
  let size = byteLength(target);
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)));
  // The top bit would be read as a sign.
  if ((mantissa & SIGN_BIT) !== 0) {
    mantissa >>>= 8;
    size++;
  }
  return size * 0x100_0000 + mantissa;
}

/** The easy targets of test networks, which are asked for with every header, need no text. */
function byteLength(target: bigint): number {
  const high = Number(target >> 224n);
  if (high > 0) return 32 - (Math.clz32(high) >>> 3);
  return target === 0n ? 0 : Math.ceil(target.toString(16).length / 2);
}

/** How many hashes a block with `bits` takes on average; zero when `bits` stands for no target. */
export function blockWork(bits: number): bigint {
  const target = expandTarget(bits);
  return target === undefined ? 0n : TWO_TO_256 / (target + 1n);
}

/** Whether `bits` stands for a target no easier than `limit`, and `hash`, as a number, for one below it. */
export function meetsTarget(hash: BlockHash, bits: number, limit: bigint): boolean {
  const target = expandTarget(bits);
  return target !== undefined && target <= limit && isAtMost(hash, bits);
}

/** Whether `hash`, as a number, is no more than the target that `bits` stands for: by its bytes, for speed. */
function isAtMost(hash: Bytes, bits: number): boolean {
  const size = bits >>> 24;
  if (size < 3 || size > HASH_BYTES) return hashNumber(hash) <= (expandTarget(bits) ?? -1n);
  for (let i = size; i < HASH_BYTES; i++) if (hash[i] !== 0) return false;
  const leading = ((hash[size - 1] as number) << 16) | ((hash[size - 2] as number) << 8) | (hash[size - 3] as number);
  const mantissa = bits & MANTISSA_MASK;
  if (leading !== mantissa) return leading < mantissa;
  for (let i = 0; i < size - 3; i++) if (hash[i] !== 0) return false;
  return true;
}

/** A hash read as a little-endian number. */
export function hashNumber(hash: Bytes): bigint {
  const view = new DataView(hash.buffer, hash.byteOffset, 32);
  const high = (view.getBigUint64(24, true) << 64n) | view.getBigUint64(16, true);
  const low = (view.getBigUint64(8, true) << 64n) | view.getBigUint64(0, true);
  return (high << 128n) | low;
}
