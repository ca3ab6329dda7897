/**
 * ECDSA signatures as OpenSSL once read them, which old blocks depend on.
 *
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";

const SEQUENCE_TAG = 0x30;
const INTEGER_TAG = 0x02;
const SCALAR_BYTES = 32;
/** No script can hold a signature whose length needs more. */
const LENGTH_BYTES_MAX = 3;

/**
 * R and S of a signature, 32 bytes each; `undefined` when it cannot be read, or when either has more
 * than 32 bytes, in which case nothing it is checked against can hold.
 *
 * Takes every strict DER signature, and also those with lengths in a longer form, a wrong length of
 * the whole, numbers that are padded or look negative, and bytes at the end (pubkey.cpp,
 * ecdsa_signature_parse_der_lax).
 */
export function parseLaxDer(signature: Bytes): Bytes | undefined {
  if (signature[0] !== SEQUENCE_TAG || signature.length < 2) return undefined;
  const form = signature[1] as number;
  // The length of the whole is skipped, not believed.
  const start = form & 0x80 ? 2 + (form & 0x7f) : 2;
  const r = readInteger(signature, start);
  if (r === undefined) return undefined;
  const s = readInteger(signature, r.end);
  if (s === undefined) return undefined;
  const scalarR = scalar(r.digits);
  const scalarS = scalar(s.digits);
  return scalarR && scalarS && concatBytes(scalarR, scalarS);
}

interface DerInteger {
  readonly digits: Bytes;
  readonly end: number;
}

function readInteger(bytes: Bytes, offset: number): DerInteger | undefined {
  if (bytes[offset] !== INTEGER_TAG) return undefined;
  const length = readLength(bytes, offset + 1);
  if (length === undefined || length.end + length.value > bytes.length) return undefined;
  const end = length.end + length.value;
  return { digits: bytes.subarray(length.end, end), end };
}

interface DerLength {
  readonly value: number;
  readonly end: number;
}

function readLength(bytes: Bytes, offset: number): DerLength | undefined {
  const first = bytes[offset];
  if (first === undefined) return undefined;
  if ((first & 0x80) === 0) return { value: first, end: offset + 1 };
  const end = offset + 1 + (first & 0x7f);
  if (end > bytes.length) return undefined;
  let at = offset + 1;
  while (at < end && bytes[at] === 0) at++;
  if (end - at > LENGTH_BYTES_MAX) return undefined;
  let value = 0;
  for (; at < end; at++) value = value * 256 + (bytes[at] as number);
  return { value, end };
}

/** `digits` as 32 bytes; `undefined` when they are more. */
function scalar(digits: Bytes): Bytes | undefined {
  let start = 0;
  while (start < digits.length && digits[start] === 0) start++;
  const length = digits.length - start;
  if (length > SCALAR_BYTES) return undefined;
  const padded = new Uint8Array(SCALAR_BYTES);
  padded.set(digits.subarray(start), SCALAR_BYTES - length);
  return padded;
}
