/**
 * ECDSA signatures as OpenSSL once read them, which old blocks depend on.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";

const SEQUENCE_TAG = 0x30;
const INTEGER_TAG = 0x02;
const SCALAR_BYTES = 32;
/** No script can hold a signature whose length needs more. */
const LENGTH_BYTES_MAX = 3;

/** What `readLaxDer` makes of the two numbers. */
export const COMPACT_BYTES = 2 * SCALAR_BYTES;

const MALFORMED = -1;

/** R and S as `readLaxDer` writes them, in memory of their own; `undefined` when there are none. */
export function parseLaxDer(signature: Bytes): Bytes | undefined {
  const compact = new Uint8Array(COMPACT_BYTES);
  return readLaxDer(signature, compact) ? compact : undefined;
}

/**
 * Writes R and S of a signature to the start of `target`, 32 bytes each. False when it cannot be read,
 * or when either has more than 32 bytes, in which case nothing it is checked against can hold.
 *
 * Takes every strict DER signature, and also those with lengths in a longer form, a wrong length of
 * the whole, numbers that are padded or look negative, and bytes at the end (pubkey.cpp,
 * ecdsa_signature_parse_der_lax).
 */
export function readLaxDer(signature: Bytes, target: Bytes): boolean {
  if (signature[0] !== SEQUENCE_TAG || signature.length < 2) return false;
  const form = signature[1] as number;
  // The length of the whole is skipped, not believed.
  const end = readInteger(signature, form & 0x80 ? 2 + (form & 0x7f) : 2, target, 0);
  return end !== MALFORMED && readInteger(signature, end, target, SCALAR_BYTES) !== MALFORMED;
}

/** Writes the number at `offset` as 32 bytes to `at`. Where it ends, or `MALFORMED`. */
function readInteger(bytes: Bytes, offset: number, target: Bytes, at: number): number {
  const first = bytes[offset + 1];
  if (bytes[offset] !== INTEGER_TAG || first === undefined) return MALFORMED;
  const isLong = (first & 0x80) !== 0;
  let start = offset + 2 + (isLong ? first & 0x7f : 0);
  const length = isLong ? readLength(bytes, offset + 2, start) : first;
  const end = start + length;
  if (length === MALFORMED || end > bytes.length) return MALFORMED;
  while (start < end && bytes[start] === 0) start++;
  const zeros = SCALAR_BYTES - (end - start);
  if (zeros < 0) return MALFORMED;
  for (let i = 0; i < zeros; i++) target[at + i] = 0;
  for (let i = zeros; i < SCALAR_BYTES; i++) target[at + i] = bytes[start + i - zeros] as number;
  return end;
}

/** The length whose digits stand from `at` to `end`. */
function readLength(bytes: Bytes, at: number, end: number): number {
  if (end > bytes.length) return MALFORMED;
  let start = at;
  while (start < end && bytes[start] === 0) start++;
  if (end - start > LENGTH_BYTES_MAX) return MALFORMED;
  let value = 0;
  for (let i = start; i < end; i++) value = value * 256 + (bytes[i] as number);
  return value;
}
