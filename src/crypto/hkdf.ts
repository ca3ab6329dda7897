/**
 * Keys from a secret: HKDF with SHA-256 (RFC 5869).
 *
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { hmacSha256 } from "./crypto.ts";

/** A key of 32 bytes for `hkdfExpand32`. */
export function hkdfExtract(salt: Bytes, secret: Bytes): Bytes {
  return hmacSha256(salt, secret);
}

/** The first 32 bytes of what `info` stands for: one block of the hash. */
export function hkdfExpand32(root: Bytes, info: Bytes): Bytes {
  return hmacSha256(root, concatBytes(info, Uint8Array.of(1)));
}
