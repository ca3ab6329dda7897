/**
 * The one seat of cryptography: what a backend must offer, and which backend is in force.
 *
 * All backends compute the same functions, so which one is installed changes speed and nothing
 * else; that is why this one module may hold a module-level variable. `io/` and every worker
 * install the fastest there is at start; without that, the portable hashes serve, and who wants the curve
 * as well calls `installPortableCurve`: its library takes 40 ms to load, which a process that has a faster
 * one need not spend.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { type Bytes, concatBytes, fromLatin1 } from "../base/bytes.ts";
import type { Crypto } from "./backend.ts";
import type { ChaCha20Poly1305 } from "./chacha20_poly1305.ts";
import type { HashInput } from "./hash_input.ts";
import { portableCrypto } from "./portable_crypto.ts";
import type { Secp256k1 } from "./secp256k1.ts";
import { TAG_PREFIXES } from "./tag_prefixes.ts";

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
  return installed.hash160(data);
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

/**
 * `hash256` of each of many messages in `data`, joined. `ranges` are pairs of offsets, the first and the
 * one behind the last, and each message is what `pieces` of them hold, one after the other.
 */
export function hash256Ranges(data: Bytes, ranges: Int32Array, pieces: number): Bytes {
  const width = 2 * pieces;
  const hashes = new Uint8Array((ranges.length / width) * 32);
  for (let at = 0, target = 0; at < ranges.length; at += width, target += 32) {
    let size = 0;
    for (let i = at; i < at + width; i += 2) size += (ranges[i + 1] as number) - (ranges[i] as number);
    const input = startHash(size);
    for (let i = at; i < at + width; i += 2) input.range(data, ranges[i] as number, ranges[i + 1] as number);
    hashes.set(input.hash256(), target);
  }
  return hashes;
}

/** A new message of exactly `size` bytes; nothing else may be hashed before it has been. */
export function startHash(size: number): HashInput {
  return installed.hashInput.start(size);
}

/**
 * Elliptic-curve signatures and keys.
 *
 * @throws {InvariantError} when nobody has installed a backend that has them
 */
export function curve(): Secp256k1 {
  return defined(installed.secp256k1, "a backend with the curve is installed");
}

/**
 * What encrypts connections.
 *
 * @throws {InvariantError} when nobody has installed a backend that has it
 */
export function chacha(): ChaCha20Poly1305 {
  return defined(installed.chacha, "a backend with ciphers is installed");
}

/** `SHA-256(SHA-256(tag) || SHA-256(tag) || data)`, where `tag` is ASCII (BIP340). */
export function taggedHash(tag: string, ...data: readonly Bytes[]): Bytes {
  let size = 0;
  for (const { length } of data) size += length;
  const input = startTaggedHash(tag, size);
  for (const part of data) input.bytes(part);
  return input.sha256();
}

/** As `startHash`, of what follows the prefix of `tag`. */
export function startTaggedHash(tag: string, size: number): HashInput {
  const prefix = TAG_PREFIXES.get(tag) ?? tagPrefix(tag);
  return startHash(prefix.length + size).bytes(prefix);
}

function tagPrefix(tag: string): Bytes {
  const hash = sha256(fromLatin1(tag));
  return concatBytes(hash, hash);
}
