/**
 * The backend that runs anywhere, on the audited JavaScript of `@noble/hashes`.
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../base/bytes.ts";
import type { Crypto } from "./backend.ts";
import { HashInput, plainHashMemory } from "./hash_input.ts";

const hash256 = (data: Bytes): Bytes => sha256(sha256(data));

export const portableCrypto: Crypto = {
  name: "noble",
  sha256: (data) => sha256(data),
  hash256,
  ripemd160: (data) => ripemd160(data),
  hash160: (data) => ripemd160(sha256(data)),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  hash256Each: (data, recordBytes) => hashEach(hash256, data, recordBytes),
  hashInput: new HashInput(plainHashMemory((data) => sha256(data), hash256)),
};

/** `hash256Each` by a backend that can only hash one record at a time. */
export function hashEach(hash256: (data: Bytes) => Bytes, data: Bytes, recordBytes: number): Bytes {
  const count = data.length / recordBytes;
  const hashes = new Uint8Array(count * 32);
  for (let i = 0; i < count; i++) {
    hashes.set(hash256(data.subarray(i * recordBytes, (i + 1) * recordBytes)), i * 32);
  }
  return hashes;
}
