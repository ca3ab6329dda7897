import { sha256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../base/bytes.ts";

/**
 * SHA-256 of what comes in pieces. Where that is needed, time goes elsewhere, so that no backend
 * has its own.
 */
export class Sha256Stream {
  readonly #hash = sha256.create();

  update(piece: Bytes): this {
    this.#hash.update(piece);
    return this;
  }

  /** Once, at the end. */
  digest(): Bytes {
    return this.#hash.digest();
  }
}
