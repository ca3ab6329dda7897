/**
 * Numbers as scripts hold them: little-endian bytes, the top bit of the last one being the sign.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, NO_BYTES } from "../base/bytes.ts";

/** Arithmetic takes numbers of at most so many bytes; its results may be one longer. */
export const NUMBER_BYTES_MAX = 4;

/** A whole number of at most 2^53 either way, in as few bytes as can hold it; none for zero. */
export function encodeNumber(value: number): Bytes {
  assert(Number.isSafeInteger(value), `${value} is a whole number`);
  if (value === 0) return NO_BYTES;
  const bytes: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  const last = bytes.at(-1) as number;
  const sign = value < 0 ? 0x80 : 0;
  if (last >= 0x80) bytes.push(sign);
  else bytes[bytes.length - 1] = last | sign;
  return Uint8Array.from(bytes);
}

/** The number that at most six bytes hold; minus zero is zero. */
export function decodeNumber(bytes: Bytes): number {
  assert(bytes.length <= 6, `${bytes.length} bytes fit a double`);
  if (bytes.length === 0) return 0;
  const last = bytes.length - 1;
  let value = (bytes[last] as number) & 0x7f;
  for (let i = last - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number);
  return (bytes[last] as number) & 0x80 && value !== 0 ? -value : value;
}

/** Whether no shorter bytes hold the same number. */
export function isMinimalNumber(bytes: Bytes): boolean {
  if (bytes.length === 0) return true;
  if (((bytes.at(-1) as number) & 0x7f) !== 0) return true;
  // A last byte that holds only a sign is needed when the byte before it uses its top bit.
  return bytes.length > 1 && ((bytes.at(-2) as number) & 0x80) !== 0;
}
