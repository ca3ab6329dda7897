/**
 * ChaCha20 and Poly1305 as RFC 8439 puts them together.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";

export const CHACHA_KEY_BYTES = 32;
export const CHACHA_NONCE_BYTES = 12;
/** Stands behind what is encrypted. */
export const POLY1305_TAG_BYTES = 16;

/** What a key does to one text. `nonce` is another for each text under the same key. */
export interface ChaChaUse {
  /** 32 bytes. */
  readonly key: Bytes;
  /** 12 bytes. */
  readonly nonce: Bytes;
  /** Is not encrypted, but has to be the same at the other end. */
  readonly associated: Bytes;
}

export interface ChaCha20Poly1305 {
  /** The first `length` bytes that ChaCha20 gives, from block 0 on. */
  keyStream(key: Bytes, nonce: Bytes, length: number): Bytes;
  /** Puts `head` and `body`, encrypted as one text, and their tag into `output`, which has just the room. */
  seal(use: ChaChaUse, head: Bytes, body: Bytes, output: Bytes): void;
  /**
   * The text, in memory of its own or in that of `sealed`, which is spent; `undefined` when somebody
   * else made `sealed`, or has changed it.
   */
  open(use: ChaChaUse, sealed: Bytes): Bytes | undefined;
}
