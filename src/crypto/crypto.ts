/**
 * The one seat of cryptography: what a backend must offer, and which backend is in force.
 *
 * All backends compute the same functions, so which one is installed changes speed and nothing
 * else; that is why this one module may hold a module-level variable. `io/` and every worker
 * install the fastest there is at start; without that, the portable one serves.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { portableCrypto } from "./portable_crypto.ts";

export interface Crypto {
  /** Shown by `tidings version`. */
  readonly name: string;
  sha256(data: Bytes): Bytes;
  /** SHA-256 twice: block hashes, transaction ids, checksums. */
  hash256(data: Bytes): Bytes;
  ripemd160(data: Bytes): Bytes;
  hmacSha256(key: Bytes, data: Bytes): Bytes;
  /**
   * `hash256` of each of the records of `recordBytes` bytes that `data` consists of, one after the
   * other: 80 for headers, 64 for a level of a merkle tree.
   */
  hash256Each(data: Bytes, recordBytes: number): Bytes;
}

let installed: Crypto = portableCrypto;

/** Called once by each process and worker that knows a faster backend than the portable one. */
export function installCrypto(backend: Crypto): void {
  installed = backend;
}

export function cryptoBackend(): Crypto {
  return installed;
}

export function sha256(data: Bytes): Bytes {
  return installed.sha256(data);
}

export function hash256(data: Bytes): Bytes {
  return installed.hash256(data);
}

/** RIPEMD-160 of SHA-256: key and script hashes in addresses. */
export function hash160(data: Bytes): Bytes {
  return installed.ripemd160(installed.sha256(data));
}

export function ripemd160(data: Bytes): Bytes {
  return installed.ripemd160(data);
}

export function hmacSha256(key: Bytes, data: Bytes): Bytes {
  return installed.hmacSha256(key, data);
}

export function hash256Each(data: Bytes, recordBytes: number): Bytes {
  return installed.hash256Each(data, recordBytes);
}
