/**
 * ChaCha20-Poly1305 that runs anywhere, on the audited JavaScript of `@noble/ciphers`.
 *
 * @module
 */
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Bytes } from "../base/bytes.ts";
import { type ChaCha20Poly1305, type ChaChaUse, POLY1305_TAG_BYTES } from "./chacha20_poly1305.ts";

export const portableChacha: ChaCha20Poly1305 = {
  keyStream: (key, nonce, length) => chacha20(key, nonce, new Uint8Array(length)),
  seal({ key, nonce, associated }, head, body, output) {
    output.set(head);
    output.set(body, head.length);
    chacha20poly1305(key, nonce, associated).encrypt(output.subarray(0, -POLY1305_TAG_BYTES), output);
  },
  open,
};

function open({ key, nonce, associated }: ChaChaUse, sealed: Bytes): Bytes | undefined {
  if (sealed.length < POLY1305_TAG_BYTES) return undefined;
  try {
    const text = sealed.subarray(0, -POLY1305_TAG_BYTES);
    return chacha20poly1305(key, nonce, associated).decrypt(sealed, text);
  } catch (error) {
    // The library's only way of saying that the tag is wrong.
    if (error instanceof Error && error.message === "invalid tag") return undefined;
    throw error;
  }
}
