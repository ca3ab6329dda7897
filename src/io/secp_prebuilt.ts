/**
 * libsecp256k1 as the npm package `secp256k1` brings it, prebuilt for some platforms.
 *
 * @module
 */
import { createRequire } from "node:module";
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { type CurveLibrary, curveOn } from "../crypto/curve_library.ts";
import { readLaxDer } from "../crypto/lax_der.ts";
import { mayHaveHighS } from "../crypto/scalar.ts";
import { type RecoveryCurve, verifySchnorrByRecovery } from "../crypto/schnorr_by_recovery.ts";
import type { TweakedKey } from "../crypto/secp256k1.ts";
import { portableCurve } from "./portable_curve.ts";
import type { LoadedSignatures } from "./secp_loaded.ts";

const COMPACT_BYTES = 64;
const COMPRESSED_BYTES = 33;

/** What is called of the package. It takes and gives plain bytes; results go to `output`. */
interface Bindings {
  /** In place. */
  signatureNormalize(compact: Bytes): Bytes;
  ecdsaVerify(compact: Bytes, hash: Bytes, publicKey: Bytes): boolean;
  ecdsaRecover(
    compact: Bytes, recoveryId: number, hash: Bytes, isCompressed: true, output: Bytes,
  ): Bytes;
  ecdsaSign(hash: Bytes, secretKey: Bytes): { readonly signature: Bytes };
  /** In place. */
  privateKeyTweakMul(scalar: Bytes, factor: Bytes): Bytes;
  /** In place. */
  privateKeyTweakAdd(scalar: Bytes, summand: Bytes): Bytes;
  publicKeyCreate(secretKey: Bytes, isCompressed: boolean): Bytes;
  publicKeyTweakAdd(publicKey: Bytes, tweak: Bytes, isCompressed: true, output: Bytes): Bytes;
  /** What `hashfn` makes of the coordinates of the product. */
  ecdh(publicKey: Bytes, secretKey: Bytes, options: EcdhOptions, output: Bytes): Bytes;
}

interface EcdhOptions {
  hashfn(x: Bytes, y: Bytes): Bytes;
  readonly xbuf: Bytes;
  readonly ybuf: Bytes;
}

/** The package's only way of saying that bytes from outside are no key, signature or sum of keys. */
const REFUSALS: ReadonlySet<string> = new Set([
  "Public Key could not be parsed",
  "Signature could not be parsed",
  "Public key could not be recover",
  "The tweak was out of range or the resulted private key is invalid",
]);

/** `undefined` when the package has no build for this platform. */
export function loadPrebuiltSignatures(): LoadedSignatures | undefined {
  const bindings = loadBindings();
  return bindings && { name: "prebuilt (npm secp256k1)", curve: curveOn(new PrebuiltLibrary(bindings)) };
}

/** Not the package's main module: where there is no build, that is JavaScript of 40 times the cost. */
function loadBindings(): Bindings | undefined {
  try {
    return createRequire(import.meta.url)("secp256k1/bindings.js") as Bindings;
  } catch {
    return undefined;
  }
}

/**
 * One for each thread. What goes in is copied to memory that is reused: the engine keeps small arrays
 * where native code cannot see them, and moves each one that is handed over, at a microsecond each.
 */
class PrebuiltLibrary implements CurveLibrary, RecoveryCurve {
  readonly portable = portableCurve;
  readonly #bindings: Bindings;
  readonly #memory = new Uint8Array(new ArrayBuffer(COMPACT_BYTES + 32 + COMPRESSED_BYTES));
  readonly #compact = this.#memory.subarray(0, COMPACT_BYTES);
  readonly #r = this.#compact.subarray(0, 32);
  readonly #s = this.#compact.subarray(32);
  readonly #hash = this.#memory.subarray(COMPACT_BYTES, COMPACT_BYTES + 32);
  readonly #key = this.#memory.subarray(COMPACT_BYTES + 32);

  /** The x coordinate as it is. */
  readonly #plainX: EcdhOptions = { hashfn: (x) => x, xbuf: this.#r, ybuf: this.#s };

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  verifyEcdsa(signature: Bytes, hash: Bytes, publicKey: Bytes): boolean {
    assert(hash.length === 32, "a hash has 32 bytes");
    if (publicKey.length !== 33 && publicKey.length !== 65) return false;
    if (!readLaxDer(signature, this.#compact)) return false;
    this.#hash.set(hash);
    const isGood = unlessRefused(() => {
      if (mayHaveHighS(this.#compact)) this.#bindings.signatureNormalize(this.#compact);
      return this.#bindings.ecdsaVerify(this.#compact, this.#hash, publicKey);
    });
    return isGood ?? false;
  }

  verifySchnorr(signature: Bytes, message: Bytes, key: Bytes): boolean {
    return verifySchnorrByRecovery(this, signature, message, key);
  }

  tweakXOnlyKey(key: Bytes, tweak: Bytes): TweakedKey | undefined {
    if (key.length !== 32 || tweak.length !== 32) return undefined;
    this.#key[0] = 2;
    this.#key.set(key, 1);
    this.#hash.set(tweak);
    const sum = unlessRefused(() => {
      return this.#bindings.publicKeyTweakAdd(this.#key, this.#hash, true, this.#key);
    });
    return sum && { key: sum.slice(1), parity: sum[0] === 3 ? 1 : 0 };
  }

  publicKey(secretKey: Bytes, compressed: boolean): Bytes {
    return this.#bindings.publicKeyCreate(secretKey, compressed);
  }

  signEcdsa(hash: Bytes, secretKey: Bytes): Bytes {
    return this.#bindings.ecdsaSign(hash, secretKey).signature;
  }

  multiply(a: Bytes, b: Bytes): Bytes {
    return this.#bindings.privateKeyTweakMul(new Uint8Array(a), b);
  }

  add(a: Bytes, b: Bytes): Bytes | undefined {
    return unlessRefused(() => this.#bindings.privateKeyTweakAdd(new Uint8Array(a), b));
  }

  multiplyX(x: Bytes, secretKey: Bytes): Bytes {
    this.#key[0] = 2;
    this.#key.set(x, 1);
    return this.#bindings.ecdh(this.#key, secretKey, this.#plainX, new Uint8Array(32));
  }

  recoverFromProducts(r: Bytes, e: Bytes, s: Bytes): Bytes | undefined {
    this.#r.set(r);
    this.#s.set(e);
    this.#hash.set(s);
    this.#bindings.privateKeyTweakMul(this.#s, this.#r);
    this.#bindings.privateKeyTweakMul(this.#hash, this.#r);
    return unlessRefused(() => {
      return this.#bindings.ecdsaRecover(this.#compact, 0, this.#hash, true, this.#key);
    });
  }
}

function unlessRefused<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.message)) return undefined;
    throw error;
  }
}
