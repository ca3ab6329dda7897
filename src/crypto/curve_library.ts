/**
 * Makes the whole of `Secp256k1` from a library that has the curve's basic operations: what such a
 * library lacks, or has in newer versions only, is put together from these.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { taggedHash } from "./crypto.ts";
import { type EllswiftBase, ellswiftOn } from "./elligator_swift.ts";
import { isScalar, MINUS_ONE } from "./scalar.ts";
import type { Secp256k1 } from "./secp256k1.ts";

/** Numbers are 32 bytes, and in range: neither zero nor the order or more. */
export interface CurveLibrary extends Pick<Secp256k1, "verifyEcdsa" | "verifySchnorr" | "tweakXOnlyKey">,
  Pick<EllswiftBase, "multiplyX"> {
  publicKey(secretKey: Bytes, compressed: boolean): Bytes;
  /** R and S, 32 bytes each, S low; the nonce is that of RFC 6979. */
  signEcdsa(hash: Bytes, secretKey: Bytes): Bytes;
  /** Modulo the order of the group. */
  multiply(a: Bytes, b: Bytes): Bytes;
  /** Modulo the order of the group; `undefined` when the sum is zero. */
  add(a: Bytes, b: Bytes): Bytes | undefined;
  /** Where the library has it whole. */
  readonly ellswift?: Pick<Secp256k1, "createEllswift" | "ellswiftSecret"> | undefined;
  /** For what is too rare to be asked of the library. */
  portable(): Secp256k1;
}

/** Checks of keys stay with the portable backend: they are rare. */
export function curveOn(library: CurveLibrary): Secp256k1 {
  return {
    isSecretKey: isScalar,
    isPublicKey: (publicKey) => library.portable().isPublicKey(publicKey),
    isXOnlyKey: (key) => library.portable().isXOnlyKey(key),
    publicKey: (secretKey, compressed = true) => {
      assert(isScalar(secretKey), "a secret key is in range");
      return library.publicKey(secretKey, compressed);
    },
    signEcdsa: (hash, secretKey) => {
      assert(hash.length === 32, "a hash has 32 bytes");
      assert(isScalar(secretKey), "a secret key is in range");
      return derFromCompact(library.signEcdsa(hash, secretKey));
    },
    verifyEcdsa: (signature, hash, publicKey) => library.verifyEcdsa(signature, hash, publicKey),
    signSchnorr: (message, secretKey, auxiliary) => signSchnorr(library, message, secretKey, auxiliary),
    verifySchnorr: (signature, message, key) => library.verifySchnorr(signature, message, key),
    tweakXOnlyKey: (key, tweak) => library.tweakXOnlyKey(key, tweak),
    tweakSecretKey: (secretKey, tweak) => tweakSecretKey(library, secretKey, tweak),
    ...(library.ellswift ?? ellswiftOn({
      publicKey: (secretKey) => library.publicKey(secretKey, true),
      multiplyX: (x, secretKey) => library.multiplyX(x, secretKey),
      taggedHash,
    })),
  };
}

/** BIP340, "Default Signing"; the names are its own. */
function signSchnorr(library: CurveLibrary, message: Bytes, secretKey: Bytes, auxiliary: Bytes): Bytes {
  assert(isScalar(secretKey), "a secret key is in range");
  assert(auxiliary.length === 32, "the auxiliary bytes are 32");
  const { secret: d, key } = evenPair(library, secretKey);
  const mask = taggedHash("BIP0340/aux", auxiliary);
  const t = d.map((byte, i) => byte ^ (mask[i] as number));
  const nonce = taggedHash("BIP0340/nonce", t, key, message);
  if (isScalar(nonce)) {
    const { secret: k, key: r } = evenPair(library, nonce);
    const e = taggedHash("BIP0340/challenge", r, key, message);
    const s = isScalar(e) ? library.add(k, library.multiply(e, d)) : undefined;
    if (s !== undefined) return concatBytes(r, s);
  }
  // Nobody has met a hash that large, or a sum of zero.
  return library.portable().signSchnorr(message, secretKey, auxiliary);
}

function tweakSecretKey(library: CurveLibrary, secretKey: Bytes, tweak: Bytes): Bytes | undefined {
  if (!isScalar(tweak)) return library.portable().tweakSecretKey(secretKey, tweak);
  return library.add(evenPair(library, secretKey).secret, tweak);
}

/** The secret or its negative, whichever has a point with even y, and that point's x coordinate. */
function evenPair(library: CurveLibrary, secret: Bytes): { readonly secret: Bytes; readonly key: Bytes } {
  const publicKey = library.publicKey(secret, true);
  const isOdd = publicKey[0] === 3;
  return { secret: isOdd ? library.multiply(secret, MINUS_ONE) : secret, key: publicKey.slice(1) };
}

/** The strict DER of a signature. */
function derFromCompact(compact: Bytes): Bytes {
  const r = derInteger(compact.subarray(0, 32));
  const s = derInteger(compact.subarray(32));
  return concatBytes(Uint8Array.of(0x30, r.length + s.length), r, s);
}

/** As short as it can be without looking negative. */
function derInteger(number: Bytes): Bytes {
  let start = 0;
  while (start < number.length - 1 && number[start] === 0) start++;
  const sign = (number[start] as number) >= 0x80 ? [0] : [];
  const digits = number.subarray(start);
  return concatBytes(Uint8Array.of(2, sign.length + digits.length, ...sign), digits);
}
