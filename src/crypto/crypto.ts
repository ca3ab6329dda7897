/**
 * The one seat of cryptography: what a backend must offer, and which backend is in force.
 *
 * All backends compute the same functions, so which one is installed changes speed and nothing
 * else; that is why this one module may hold a module-level variable. `io/` and every worker
 * install the fastest there is at start; without that, the portable one serves.
 *
 * @module
 */
import { type Bytes, concatBytes, fromLatin1 } from "../base/bytes.ts";
import type { Crypto } from "./backend.ts";
import { portableCrypto } from "./portable_crypto.ts";
import { portableSecp256k1 } from "./portable_secp256k1.ts";
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

/** Elliptic-curve signatures and keys. */
export function curve(): Secp256k1 {
  return installed.secp256k1 ?? portableSecp256k1;
}

/** `SHA-256(SHA-256(tag) || SHA-256(tag) || data)`, where `tag` is ASCII (BIP340). */
export function taggedHash(tag: string, ...data: readonly Bytes[]): Bytes {
  return sha256(concatBytes(TAG_PREFIXES.get(tag) ?? tagPrefix(tag), ...data));
}

function tagPrefix(tag: string): Bytes {
  const hash = sha256(fromLatin1(tag));
  return concatBytes(hash, hash);
}
