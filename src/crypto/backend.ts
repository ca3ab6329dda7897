import type { Bytes } from "../base/bytes.ts";
import type { ChaCha20Poly1305 } from "./chacha20_poly1305.ts";
import type { HashInput } from "./hash_input.ts";
import type { Secp256k1 } from "./secp256k1.ts";

/** What a backend of `crypto.ts` must offer. All compute the same functions. */
export interface Crypto {
  /** Shown by `tidings version`. */
  readonly name: string;
  sha256(data: Bytes): Bytes;
  /** SHA-256 twice: block hashes, transaction ids, checksums. */
  hash256(data: Bytes): Bytes;
  ripemd160(data: Bytes): Bytes;
  /** RIPEMD-160 of SHA-256: key and script hashes in addresses. */
  hash160(data: Bytes): Bytes;
  hmacSha256(key: Bytes, data: Bytes): Bytes;
  /**
   * `hash256` of each of the records of `recordBytes` bytes that `data` consists of, one after the
   * other: 80 for headers, 64 for a level of a merkle tree.
   */
  hash256Each(data: Bytes, recordBytes: number): Bytes;
  /** Where messages are put together that are hashed once and forgotten. */
  readonly hashInput: HashInput;
  /** Left out by a backend of hashes alone. */
  readonly secp256k1?: Secp256k1;
  /** Left out by a backend of hashes alone. */
  readonly chacha?: ChaCha20Poly1305;
}
