import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../base/bytes.ts";

/** RFC 2104 over SHA-512: what BIP32 derives keys with. Nothing that is hot, so no backend has its own. */
export function hmacSha512(key: Bytes, data: Bytes): Bytes {
  return hmac(sha512, key, data);
}
