/**
 * The backend on `node:crypto`, that is, on OpenSSL with the machine's SHA instructions.
 *
 * Results are plain `Uint8Array`s of their own, never a `Buffer`, whose `slice` does not copy.
 *
 * @module
 */
import * as crypto from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import type { Crypto } from "../crypto/backend.ts";
import { installCrypto } from "../crypto/crypto.ts";
import { hashEach, portableCrypto } from "../crypto/portable_crypto.ts";

type Hash = (data: Bytes) => Bytes;

/** Makes what is there on this version of Node.js and OpenSSL. */
export function makeNodeCrypto(): Crypto {
  const sha256 = makeHash("sha256", 32);
  const hash256 = (data: Bytes): Bytes => sha256(sha256(data));
  return {
    name: `node:crypto (OpenSSL ${process.versions.openssl})`,
    sha256,
    hash256,
    ripemd160: hasRipemd160() ? makeHash("ripemd160", 20) : portableCrypto.ripemd160,
    hmacSha256: (key, data) => new Uint8Array(crypto.createHmac("sha256", key).update(data).digest()),
    hash256Each: (data, recordBytes) => hashEach(hash256, data, recordBytes),
  };
}

/** OpenSSL 3 counts it as legacy, and builds differ in whether they still have it. */
function hasRipemd160(): boolean {
  return crypto.getHashes().includes("ripemd160");
}

/** Called at the start of the process and of every worker. */
export function installNodeCrypto(): void {
  installCrypto(makeNodeCrypto());
}

/** `crypto.hash` came with Node.js 20.12 and 21.7; it makes no object for each digest. */
function makeHash(algorithm: string, digestBytes: number): Hash {
  if (typeof crypto.hash !== "function") {
    return (data) => new Uint8Array(crypto.createHash(algorithm).update(data).digest());
  }
  // A digest as text of one character a byte takes half the time of one as a Buffer.
  return (data) => bytesOf(crypto.hash(algorithm, data, "binary"), digestBytes);
}

function bytesOf(latin1: string, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = latin1.charCodeAt(i);
  return bytes;
}
