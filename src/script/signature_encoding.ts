/**
 * Whether bytes are shaped like a signature, before anything is computed with them.
 *
 * @module
 */
import { type Bytes, compareBytes, fromHex } from "../base/bytes.ts";
import { parseLaxDer } from "../crypto/lax_der.ts";

/** Of the group of secp256k1. */
const ORDER = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const HALF_ORDER = fromHex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/**
 * Strict DER with a hash type after it (BIP66):
 *
 * ```text
 * 0x30 length 0x02 lengthR R 0x02 lengthS S hashType
 * ```
 *
 * R and S are big-endian, positive, in as few bytes as can hold them. At most 73 bytes together.
 */
export function isStrictSignature(signature: Bytes): boolean {
  const size = signature.length;
  if (size < 9 || size > 73) return false;
  if (signature[0] !== 0x30 || signature[1] !== size - 3) return false;
  const lengthR = signature[3] as number;
  if (5 + lengthR >= size) return false;
  const lengthS = signature[5 + lengthR] as number;
  if (lengthR + lengthS + 7 !== size) return false;
  return isStrictInteger(signature, 2, lengthR) && isStrictInteger(signature, 4 + lengthR, lengthS);
}

/** Whether tag, length and `length` bytes at `offset` are a positive integer without needless bytes. */
function isStrictInteger(bytes: Bytes, offset: number, length: number): boolean {
  if (bytes[offset] !== 0x02 || length === 0) return false;
  const first = bytes[offset + 2] as number;
  if (first & 0x80) return false;
  return !(length > 1 && first === 0 && !((bytes[offset + 3] as number) & 0x80));
}

/** Whether the byte after a signature is one of the six hash types there are before taproot. */
export function hasDefinedHashType(signature: Bytes): boolean {
  const outputType = (signature.at(-1) as number) & ~0x80;
  return outputType >= 1 && outputType <= 3;
}

/**
 * Whether the S of a strict signature is not above half the order, as of any two only one is (BIP62
 * rule 5).
 */
export function hasLowS(signature: Bytes): boolean {
  const scalars = parseLaxDer(signature.subarray(0, -1));
  // Numbers beyond the order verify nothing, so their size does not matter.
  if (scalars === undefined) return true;
  const r = scalars.subarray(0, 32);
  const s = scalars.subarray(32);
  if (compareBytes(r, ORDER) >= 0 || compareBytes(s, ORDER) >= 0) return true;
  return compareBytes(s, HALF_ORDER) <= 0;
}
