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
import type { ChaCha20Poly1305 } from "../crypto/chacha20_poly1305.ts";
import { cryptoBackend, installCrypto } from "../crypto/crypto.ts";
import { HashInput, plainHashMemory } from "../crypto/hash_input.ts";
import { hashEach, portableCrypto } from "../crypto/portable_crypto.ts";
import { isScalar } from "../crypto/scalar.ts";
import type { Secp256k1 } from "../crypto/secp256k1.ts";
import { nodeChacha } from "./node_chacha.ts";
import { loadOpensslChacha } from "./openssl_chacha.ts";
import { loadOpensslHashes, OPENSSL_MESSAGE_BYTES_MAX, type OpensslHashes } from "./openssl_hashes.ts";
import { portableCiphers } from "./portable_ciphers.ts";
import { portableCurve } from "./portable_curve.ts";
import {
  type LoadedSignatures, loadSignatures, SIGNATURE_BACKEND_VARIABLE, wantedSignatures,
} from "./signature_backends.ts";

type Hash = (data: Bytes) => Bytes;

const plainSha256 = makeHash("sha256", 32);
const plainHash256: Hash = (data) => plainSha256(plainSha256(data));
const plainRipemd160 = hasRipemd160() ? makeHash("ripemd160", 20) : portableCrypto.ripemd160;

/** What is there on this version of Node.js and OpenSSL. */
export class NodeCrypto implements Crypto {
  readonly name = `node:crypto (OpenSSL ${process.versions.openssl})`;
  readonly secp256k1: Secp256k1;
  /** `undefined` where OpenSSL cannot be called without what `node:crypto` puts around it. */
  readonly #openssl: () => OpensslHashes | undefined;
  #hashInput: HashInput | undefined;
  readonly #ciphers = once(loadCiphers);
  readonly #load: () => LoadedSignatures;
  #signatures: LoadedSignatures | undefined;

  /** Each is called when it is needed first: both take some ten milliseconds. */
  constructor(
    load: () => LoadedSignatures, loadOpenssl: () => OpensslHashes | undefined = loadOpensslHashes,
  ) {
    this.#load = load;
    this.#openssl = once(loadOpenssl);
    this.secp256k1 = lazyCurve(() => this.signatures.curve);
  }

  get hashInput(): HashInput {
    return (this.#hashInput ??=
      new HashInput(this.#openssl()?.memory() ?? plainHashMemory(plainSha256, plainHash256)));
  }

  get chacha(): ChaCha20Poly1305 {
    return this.#ciphers();
  }

  get signatures(): LoadedSignatures {
    return (this.#signatures ??= this.#load());
  }

  sha256(data: Bytes): Bytes {
    return this.#fast(data)?.sha256(data) ?? plainSha256(data);
  }

  hash256(data: Bytes): Bytes {
    return this.#fast(data)?.hash256(data) ?? plainHash256(data);
  }

  ripemd160(data: Bytes): Bytes {
    return this.#fast(data)?.ripemd160(data) ?? plainRipemd160(data);
  }

  hash160(data: Bytes): Bytes {
    return this.#fast(data)?.hash160(data) ?? plainRipemd160(plainSha256(data));
  }

  hmacSha256(key: Bytes, data: Bytes): Bytes {
    return new Uint8Array(crypto.createHmac("sha256", key).update(data).digest());
  }

  hash256Each(data: Bytes, recordBytes: number): Bytes {
    return this.#openssl()?.hash256Each(data, recordBytes) ?? hashEach(plainHash256, data, recordBytes);
  }

  #fast(data: Bytes): OpensslHashes | undefined {
    return data.length <= OPENSSL_MESSAGE_BYTES_MAX ? this.#openssl() : undefined;
  }
}

function loadCiphers(): ChaCha20Poly1305 {
  const plain = nodeChacha() ?? portableCiphers();
  return loadOpensslChacha(plain) ?? plain;
}

/** Checks of keys are the same everywhere. */
function lazyCurve(curve: () => Secp256k1): Secp256k1 {
  return {
    isSecretKey: isScalar,
    isPublicKey: (publicKey) => portableCurve().isPublicKey(publicKey),
    isXOnlyKey: (key) => portableCurve().isXOnlyKey(key),
    publicKey: (secretKey, compressed) => curve().publicKey(secretKey, compressed),
    signEcdsa: (hash, secretKey) => curve().signEcdsa(hash, secretKey),
    verifyEcdsa: (signature, hash, publicKey) => curve().verifyEcdsa(signature, hash, publicKey),
    signSchnorr: (hash, secretKey, auxiliary) => curve().signSchnorr(hash, secretKey, auxiliary),
    verifySchnorr: (signature, hash, key) => curve().verifySchnorr(signature, hash, key),
    tweakXOnlyKey: (key, tweak) => curve().tweakXOnlyKey(key, tweak),
    tweakSecretKey: (secretKey, tweak) => curve().tweakSecretKey(secretKey, tweak),
    createEllswift: (secretKey, entropy) => curve().createEllswift(secretKey, entropy),
    ellswiftSecret: (exchange) => curve().ellswiftSecret(exchange),
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

/**
 * As `installNodeCrypto`, with the backend for signatures that a user asks for; `undefined` leaves it
 * to the environment. To be called before anything else has installed one.
 *
 * @throws {SignatureBackendError} when it is not there
 */
export function useSignatures(choice: string | undefined): void {
  // Every thread loads its own, and is told by the environment that it inherits.
  if (choice !== undefined) process.env[SIGNATURE_BACKEND_VARIABLE] = choice;
  installNodeCrypto();
}

/** What checks signatures, as `tidings version` shows it: `system (libsecp256k1.so.1)`. */
export function signatureBackend(): string {
  return installNodeCrypto().signatures.name;
}

function once<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined;
  return () => (loaded ??= { value: load() }).value;
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
  for (let i = 0; i < latin1.length; i++) bytes[i] = latin1.charCodeAt(i);
  return bytes;
}
