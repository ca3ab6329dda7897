/**
 * ChaCha20-Poly1305 by `node:crypto`.
 *
 * @module
 */
import * as crypto from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { type ChaCha20Poly1305, type ChaChaUse, POLY1305_TAG_BYTES } from "../crypto/chacha20_poly1305.ts";

const AEAD = "chacha20-poly1305";
const OPTIONS = { authTagLength: POLY1305_TAG_BYTES };
/** OpenSSL's nonce for ChaCha20 has the number of the block before it. */
const BLOCK_NUMBER_BYTES = 4;

/** `undefined` when OpenSSL was built without it. */
export function nodeChacha(): ChaCha20Poly1305 | undefined {
  const ciphers = crypto.getCiphers();
  return ciphers.includes(AEAD) && ciphers.includes("chacha20") ? NODE_CHACHA : undefined;
}

const NODE_CHACHA: ChaCha20Poly1305 = {
  keyStream(key, nonce, length) {
    const start = new Uint8Array(BLOCK_NUMBER_BYTES + nonce.length);
    start.set(nonce, BLOCK_NUMBER_BYTES);
    return plain(crypto.createCipheriv("chacha20", key, start).update(new Uint8Array(length)));
  },
  seal({ key, nonce, associated }, head, body, output) {
    const cipher = crypto.createCipheriv(AEAD, key, nonce, OPTIONS);
    if (associated.length > 0) cipher.setAAD(associated, { plaintextLength: head.length + body.length });
    if (head.length > 0) output.set(cipher.update(head));
    if (body.length > 0) output.set(cipher.update(body), head.length);
    cipher.final();
    output.set(cipher.getAuthTag(), head.length + body.length);
  },
  open,
};

function open({ key, nonce, associated }: ChaChaUse, sealed: Bytes): Bytes | undefined {
  const length = sealed.length - POLY1305_TAG_BYTES;
  if (length < 0) return undefined;
  const decipher = crypto.createDecipheriv(AEAD, key, nonce, OPTIONS);
  decipher.setAuthTag(sealed.subarray(length));
  if (associated.length > 0) decipher.setAAD(associated, { plaintextLength: length });
  const text = plain(decipher.update(sealed.subarray(0, length)));
  try {
    decipher.final();
    return text;
  } catch {
    // Its only way of saying that the tag is wrong.
    return undefined;
  }
}

/** Never a `Buffer`, whose `slice` does not copy. */
function plain(buffer: Buffer): Bytes {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
