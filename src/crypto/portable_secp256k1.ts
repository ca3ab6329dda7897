/**
 * The curve that runs anywhere, on the audited JavaScript of `@noble/curves`.
 *
 * @module
 */
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import type { Bytes } from "../base/bytes.ts";
import { ellswiftOn } from "./elligator_swift.ts";
import { parseLaxDer } from "./lax_der.ts";
import type { Secp256k1, TweakedKey } from "./secp256k1.ts";

const { Point } = secp256k1;
type CurvePoint = InstanceType<typeof Point>;

export const portableSecp256k1: Secp256k1 = {
  isSecretKey: (secretKey) => secp256k1.utils.isValidSecretKey(secretKey),
  isPublicKey: (publicKey) => parsePoint(publicKey) !== undefined,
  isXOnlyKey: (key) => liftX(key) !== undefined,
  publicKey: (secretKey, compressed = true) => secp256k1.getPublicKey(secretKey, compressed),
  signEcdsa: (hash, secretKey) => secp256k1.sign(hash, secretKey, { prehash: false, format: "der" }),
  verifyEcdsa,
  signSchnorr: (hash, secretKey, auxiliary) => schnorr.sign(hash, secretKey, auxiliary),
  verifySchnorr: (signature, hash, key) =>
    signature.length === 64 && key.length === 32 && schnorr.verify(signature, hash, key),
  tweakXOnlyKey,
  tweakSecretKey,
  ...ellswiftOn({
    publicKey: (secretKey) => secp256k1.getPublicKey(secretKey, true),
    multiplyX: (x, secretKey) => secp256k1.getSharedSecret(secretKey, evenKey(x), true).slice(1),
    taggedHash: (tag, ...data) => schnorr.utils.taggedHash(tag, ...data),
  }),
};

function verifyEcdsa(signature: Bytes, hash: Bytes, publicKey: Bytes): boolean {
  const compact = parseLaxDer(signature);
  const key = plainKey(publicKey);
  if (compact === undefined || key === undefined) return false;
  return secp256k1.verify(compact, hash, key, { prehash: false, lowS: false, format: "compact" });
}

function tweakXOnlyKey(key: Bytes, tweak: Bytes): TweakedKey | undefined {
  const point = liftX(key);
  const scalar = parseScalar(tweak);
  if (point === undefined || scalar === undefined) return undefined;
  const sum = scalar === 0n ? point : point.add(Point.BASE.multiply(scalar));
  if (sum.is0()) return undefined;
  const bytes = sum.toBytes(true);
  return { key: bytes.slice(1), parity: bytes[0] === 3 ? 1 : 0 };
}

function tweakSecretKey(secretKey: Bytes, tweak: Bytes): Bytes | undefined {
  const scalar = parseScalar(tweak);
  if (scalar === undefined) return undefined;
  const secret = Point.Fn.fromBytes(secretKey);
  const isOdd = secp256k1.getPublicKey(secretKey, true)[0] === 3;
  const sum = Point.Fn.add(isOdd ? Point.Fn.neg(secret) : secret, scalar);
  return sum === 0n ? undefined : Point.Fn.toBytes(sum);
}

/** The point with even y whose x coordinate is `key`. */
function liftX(key: Bytes): CurvePoint | undefined {
  return key.length === 32 ? parsePoint(evenKey(key)) : undefined;
}

function evenKey(x: Bytes): Bytes {
  const compressed = new Uint8Array(33);
  compressed[0] = 2;
  compressed.set(x, 1);
  return compressed;
}

function parsePoint(publicKey: Bytes): CurvePoint | undefined {
  const key = plainKey(publicKey);
  if (key === undefined) return undefined;
  try {
    return Point.fromBytes(key);
  } catch {
    // The library's way of saying that the bytes are not on the curve.
    return undefined;
  }
}

/** The key in one of the forms 2, 3 and 4; a hybrid key must agree with its own parity. */
function plainKey(publicKey: Bytes): Bytes | undefined {
  const form = publicKey[0];
  if (form === 2 || form === 3) return publicKey.length === 33 ? publicKey : undefined;
  if (publicKey.length !== 65 || form === undefined) return undefined;
  if (form === 4) return publicKey;
  if ((form !== 6 && form !== 7) || ((publicKey[64] as number) & 1) !== (form & 1)) return undefined;
  // Not `slice`, which on a `Buffer` of Node is a view.
  const plain = new Uint8Array(publicKey);
  plain[0] = 4;
  return plain;
}

/** `undefined` when it is not below the order of the group. */
function parseScalar(bytes: Bytes): bigint | undefined {
  if (bytes.length !== 32) return undefined;
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return value < Point.Fn.ORDER ? value : undefined;
}
