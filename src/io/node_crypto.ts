/**
 * The backend on `node:crypto`, that is, on OpenSSL with the machine's SHA instructions, and on the
 * fastest library for signatures that is there.
 *
 * Results are plain `Uint8Array`s of their own, never a `Buffer`, whose `slice` does not copy.
 *
 * @module
 */
import * as crypto from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import type { Crypto } from "../crypto/backend.ts";
import { cryptoBackend, installCrypto } from "../crypto/crypto.ts";
import { hashEach, portableCrypto } from "../crypto/portable_crypto.ts";
import { portableSecp256k1 } from "../crypto/portable_secp256k1.ts";
import type { Secp256k1 } from "../crypto/secp256k1.ts";
import { type LoadedSignatures, loadSignatures, wantedSignatures } from "./signature_backends.ts";

type Hash = (data: Bytes) => Bytes;

/** What is there on this version of Node.js and OpenSSL. */
export class NodeCrypto implements Crypto {
  readonly name = `node:crypto (OpenSSL ${process.versions.openssl})`;
  readonly sha256 = makeHash("sha256", 32);
  readonly ripemd160 = hasRipemd160() ? makeHash("ripemd160", 20) : portableCrypto.ripemd160;
  readonly secp256k1: Secp256k1;
  readonly #load: () => LoadedSignatures;
  /** The first of the two hashes of `hash256`, while the second is made. */
  readonly #inner = new Uint8Array(32);
  #signatures: LoadedSignatures | undefined;

  /** `load` is called at the first key or signature: it takes some ten milliseconds. */
  constructor(load: () => LoadedSignatures) {
    this.#load = load;
    this.secp256k1 = lazyCurve(() => this.signatures.curve);
  }

  get signatures(): LoadedSignatures {
    return (this.#signatures ??= this.#load());
  }

  hash256(data: Bytes): Bytes {
    if (typeof crypto.hash !== "function") return this.sha256(this.sha256(data));
    write(crypto.hash("sha256", data, "binary"), this.#inner, 0);
    return this.sha256(this.#inner);
  }

  hmacSha256(key: Bytes, data: Bytes): Bytes {
    return new Uint8Array(crypto.createHmac("sha256", key).update(data).digest());
  }

  hash256Each(data: Bytes, recordBytes: number): Bytes {
    if (typeof crypto.hash !== "function") return hashEach((record) => this.hash256(record), data, recordBytes);
    const hashes = new Uint8Array((data.length / recordBytes) * 32);
    const inner = new Uint8Array(32);
    for (let at = 0, start = 0; at < hashes.length; at += 32, start += recordBytes) {
      write(crypto.hash("sha256", data.subarray(start, start + recordBytes), "binary"), inner, 0);
      write(crypto.hash("sha256", inner, "binary"), hashes, at);
    }
    return hashes;
  }
}

/** Checks of keys are the same everywhere, and need no library. */
function lazyCurve(curve: () => Secp256k1): Secp256k1 {
  return {
    ...portableSecp256k1,
    publicKey: (secretKey, compressed) => curve().publicKey(secretKey, compressed),
    signEcdsa: (hash, secretKey) => curve().signEcdsa(hash, secretKey),
    verifyEcdsa: (signature, hash, publicKey) => curve().verifyEcdsa(signature, hash, publicKey),
    signSchnorr: (hash, secretKey, auxiliary) => curve().signSchnorr(hash, secretKey, auxiliary),
    verifySchnorr: (signature, hash, key) => curve().verifySchnorr(signature, hash, key),
    tweakXOnlyKey: (key, tweak) => curve().tweakXOnlyKey(key, tweak),
    tweakSecretKey: (secretKey, tweak) => curve().tweakSecretKey(secretKey, tweak),
  };
}

/**
 * Called at the start of the process and of every worker; calling it again changes nothing.
 *
 * @throws {SignatureBackendError} when the environment asks for a backend that is not there
 */
export function installNodeCrypto(): NodeCrypto {
  const installed = cryptoBackend();
  if (installed instanceof NodeCrypto) return installed;
  const wanted = wantedSignatures(process.env);
  const made = new NodeCrypto(() => loadSignatures(wanted));
  // Told at the start, not in the middle of a block.
  if (wanted !== undefined) void made.signatures;
  installCrypto(made);
  return made;
}

/** What checks signatures, as `tidings version` shows it: `system (libsecp256k1.so.1)`. */
export function signatureBackend(): string {
  return installNodeCrypto().signatures.name;
}

/** OpenSSL 3 counts it as legacy, and builds differ in whether they still have it. */
function hasRipemd160(): boolean {
  return crypto.getHashes().includes("ripemd160");
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
  write(latin1, bytes, 0);
  return bytes;
}

function write(latin1: string, target: Bytes, offset: number): void {
  for (let i = 0; i < latin1.length; i++) target[offset + i] = latin1.charCodeAt(i);
}
