/**
 * libsecp256k1 as the npm package `secp256k1` brings it, prebuilt for some platforms.
 *
 * @module
 */
import { createRequire } from "node:module";
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { parseLaxDer } from "../crypto/lax_der.ts";
import { mayHaveHighS } from "../crypto/scalar.ts";
import { type RecoveryCurve, verifySchnorrByRecovery } from "../crypto/schnorr_by_recovery.ts";
import type { CurveVerifier, TweakedKey } from "../crypto/secp256k1.ts";
import type { LoadedSignatures } from "./secp_loaded.ts";

/** What is called of the package. All take and give plain bytes. */
interface Bindings {
  /** In place. */
  signatureNormalize(compact: Bytes): Bytes;
  ecdsaVerify(compact: Bytes, hash: Bytes, publicKey: Bytes): boolean;
  ecdsaRecover(compact: Bytes, recoveryId: number, hash: Bytes): Bytes;
  privateKeyTweakMul(scalar: Bytes, factor: Bytes): Bytes;
  publicKeyTweakAdd(publicKey: Bytes, tweak: Bytes): Bytes;
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
  return bindings && { name: "prebuilt (npm secp256k1)", verifier: prebuiltVerifier(bindings) };
}

/** Not the package's main module: where there is no build, that is JavaScript of 40 times the cost. */
function loadBindings(): Bindings | undefined {
  try {
    return createRequire(import.meta.url)("secp256k1/bindings.js") as Bindings;
  } catch {
    return undefined;
  }
}

function prebuiltVerifier(bindings: Bindings): CurveVerifier {
  const curve: RecoveryCurve = {
    // In place; and `slice` of a Buffer would be a view.
    multiply: (a, b) => bindings.privateKeyTweakMul(new Uint8Array(a), b),
    recover: (signature, hash) => unlessRefused(() => bindings.ecdsaRecover(signature, 0, hash)),
  };
  return {
    verifyEcdsa: (signature, hash, publicKey) => verifyEcdsa(bindings, signature, hash, publicKey),
    verifySchnorr: (signature, message, key) => verifySchnorrByRecovery(curve, signature, message, key),
    tweakXOnlyKey: (key, tweak) => tweakXOnlyKey(bindings, key, tweak),
  };
}

function verifyEcdsa(bindings: Bindings, signature: Bytes, hash: Bytes, publicKey: Bytes): boolean {
  assert(hash.length === 32, "a hash has 32 bytes");
  const compact = parseLaxDer(signature);
  if (compact === undefined || (publicKey.length !== 33 && publicKey.length !== 65)) return false;
  const isGood = unlessRefused(() => {
    if (mayHaveHighS(compact)) bindings.signatureNormalize(compact);
    return bindings.ecdsaVerify(compact, hash, publicKey);
  });
  return isGood ?? false;
}

function tweakXOnlyKey(bindings: Bindings, key: Bytes, tweak: Bytes): TweakedKey | undefined {
  if (key.length !== 32 || tweak.length !== 32) return undefined;
  const even = concatBytes(Uint8Array.of(2), key);
  const sum = unlessRefused(() => bindings.publicKeyTweakAdd(even, tweak));
  return sum && { key: sum.slice(1), parity: sum[0] === 3 ? 1 : 0 };
}

function unlessRefused<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.message)) return undefined;
    throw error;
  }
}
