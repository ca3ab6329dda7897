/**
 * Public keys as 64 bytes that look like chance (BIP324, "ElligatorSwift encoding of curve X
 * coordinates"). The names `u`, `t`, `s`, `v`, `w`, `X` and `Y` are the BIP's.
 *
 * Arithmetic on the field is done with public keys only, and with random bytes that the peer is
 * going to see, so that it may take longer for some than for others. What is done with secret keys
 * is left to the libraries behind `Secp256k1`.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import {
  FIELD_PRIME, fieldFromBytes, fieldToBytes, invert, isSquare, reduce, rootOfSquare, squareRoot,
} from "./curve_field.ts";
import type { Secp256k1 } from "./secp256k1.ts";

export const ELLSWIFT_BYTES = 64;

/** The square root of -3 that is itself a square. */
const C = 0xa2d2ba93507f1df233770c2a797962cc61f6d15da14ecd47d8d27ae1cd5f852n;
const HALF = (FIELD_PRIME + 1n) / 2n;

/** Fills up the block of the hash that holds the secret key. */
const NO_SECRET = new Uint8Array(32);

/** How many ways there are back from an x coordinate to a `t`. */
const CASES = 8;
/** Draws of a case to a hash: each takes four bits, of which three count. */
const CASES_PER_HASH = 64;

/** The part of a curve's library that keys of this form are made with. */
export interface EllswiftBase {
  /** 33 bytes. */
  publicKey(secretKey: Bytes): Bytes;
  /** The x coordinate of a point times `secretKey`. `x`: that of the point, which is on the curve. */
  multiplyX(x: Bytes, secretKey: Bytes): Bytes;
  /** BIP340. */
  taggedHash(tag: string, ...data: readonly Bytes[]): Bytes;
}

/** `createEllswift` and `ellswiftSecret` for a library that has not got them. */
export function ellswiftOn(
  { publicKey, multiplyX, taggedHash }: EllswiftBase,
): Pick<Secp256k1, "createEllswift" | "ellswiftSecret"> {
  return {
    createEllswift: (secretKey, entropy) => ellswiftEncode(publicKey(secretKey), (n) => {
      return taggedHash("secp256k1_ellswift_create", secretKey, NO_SECRET, entropy, littleEndian32(n));
    }),
    ellswiftSecret: ({ secretKey, ours, theirs, isInitiator }) => {
      const shared = multiplyX(ellswiftDecode(theirs), secretKey);
      const keys = isInitiator ? [ours, theirs] : [theirs, ours];
      return taggedHash("bip324_ellswift_xonly_ecdh", ...keys, shared);
    },
  };
}

function littleEndian32(value: number): Bytes {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** The x coordinate, 32 bytes, that an encoding of 64 bytes stands for. Any 64 bytes stand for one. */
export function ellswiftDecode(encoding: Bytes): Bytes {
  assert(encoding.length === ELLSWIFT_BYTES, "an encoding has 64 bytes");
  const u = fieldFromBytes(encoding.subarray(0, 32));
  const t = fieldFromBytes(encoding.subarray(32));
  return fieldToBytes(xSwiftEc(u, t));
}

/**
 * An encoding of a public key of 33 bytes. `draw(n)` gives 32 random bytes, the same for the same n.
 *
 * Which draws are taken for what, and that the parity of `t` is that of y, is as in libsecp256k1
 * (ellswift, main_impl.h), so that all backends give the same encoding for the same draws.
 */
export function ellswiftEncode(publicKey: Bytes, draw: (n: number) => Bytes): Bytes {
  const x = fieldFromBytes(publicKey.subarray(1));
  const isOdd = publicKey[0] === 3;
  let cases: Bytes | undefined;
  for (let n = 0, left = 0; ;) {
    if (left === 0 || cases === undefined) {
      cases = draw(n++);
      left = CASES_PER_HASH;
    }
    left -= 1;
    const which = ((cases[left >> 1] as number) >> ((left & 1) << 2)) % CASES;
    const uBytes = draw(n++);
    const t = xSwiftEcInverse(x, fieldFromBytes(uBytes), which);
    if (t === undefined) continue;
    const signed = (t % 2n === 1n) === isOdd ? t : reduce(-t);
    return concatBytes(uBytes, fieldToBytes(signed));
  }
}

/** `u` and `t` in range; every pair has a result. */
export function xSwiftEc(u: bigint, t: bigint): bigint {
  // "Alter the inputs to guarantee an X coordinate on the curve"
  if (u === 0n) u = 1n;
  if (t === 0n) t = 1n;
  const g = cubePlusSeven(u);
  if (reduce(g + t * t) === 0n) t = reduce(2n * t);
  const numerator = reduce(g - t * t);
  // X = numerator / 2t and Y = (X + t) / cu, with one inversion for both.
  const denominators = invert(reduce(2n * t * (C * u)));
  const X = reduce(numerator * denominators * (C * u));
  const Y = reduce((X + t) * denominators * (2n * t));
  const first = reduce(u + 4n * Y * Y);
  if (isOnCurve(first)) return first;
  const ratio = reduce(X * invert(Y));
  const second = reduce((-ratio - u) * HALF);
  return isOnCurve(second) ? second : reduce((ratio - u) * HALF);
}

/** A `t` with `xSwiftEc(u, t) = x`, by one of eight ways; `undefined` when that way leads nowhere. */
export function xSwiftEcInverse(x: bigint, u: bigint, which: number): bigint | undefined {
  const parts = (which & 2) === 0 ? firstWay(x, u) : secondWay(x, u, (which & 1) === 1);
  if (parts === undefined) return undefined;
  const w = rootOfSquare(parts.s);
  const isNegative = (which & 5) === 0 || (which & 5) === 5;
  const c = (which & 1) === 0 ? 1n - C : 1n + C;
  const t = w * (u * c * HALF + parts.v);
  return reduce(isNegative ? -t : t);
}

interface Parts {
  /** A square: the way ends where it is none, and that is found out before anything is inverted. */
  readonly s: bigint;
  readonly v: bigint;
}

function firstWay(x: bigint, u: bigint): Parts | undefined {
  if (isOnCurve(reduce(-x - u))) return undefined;
  const numerator = -cubePlusSeven(u);
  const denominator = reduce(u * u + u * x + x * x);
  // A quotient is a square just when the product is.
  if (!isSquare(reduce(numerator * denominator))) return undefined;
  return { v: x, s: reduce(numerator * invert(denominator)) };
}

function secondWay(x: bigint, u: bigint, isOther: boolean): Parts | undefined {
  const s = reduce(x - u);
  if (s === 0n || !isSquare(s)) return undefined;
  const r = squareRoot(reduce(-s * (4n * cubePlusSeven(u) + 3n * u * u * s)));
  if (r === undefined || (isOther && r === 0n)) return undefined;
  return { s, v: reduce((r * invert(s) - u) * HALF) };
}

/** Whether `lift_x` succeeds. */
function isOnCurve(x: bigint): boolean {
  return isSquare(cubePlusSeven(x));
}

function cubePlusSeven(value: bigint): bigint {
  return reduce(value * value * value + 7n);
}
