import assert from "node:assert/strict";
import { test } from "node:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { type Bytes, concatBytes, fromHex, NO_BYTES, toHex } from "../../src/base/bytes.ts";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { taggedHash } from "../../src/crypto/crypto.ts";
import { ELLSWIFT_BYTES } from "../../src/crypto/elligator_swift.ts";
import { portableSecp256k1 as oracle } from "../../src/crypto/portable_secp256k1.ts";
import type { Secp256k1 } from "../../src/crypto/secp256k1.ts";
import { sharedPath, skipWithoutShared } from "../support/paths.ts";
import { schnorrCases as publishedCases } from "../vectors/schnorr_vectors.ts";
import { readVectorFile } from "../vectors/vector_files.ts";
import { failuresOf } from "../vectors/vector_format.ts";

const { Point } = secp256k1;
const ORDER = Point.Fn.ORDER;
const FIELD = Point.Fp.ORDER;

/** The oracle takes a millisecond for each. */
const RANDOM_CASES = 12;
const SEED = 340;

const SECRET = new Uint8Array(32).fill(7);
const HASH = new Uint8Array(32).fill(9);
const ZERO = new Uint8Array(32);
const FULL = new Uint8Array(32).fill(0xff);
const KEY = oracle.publicKey(SECRET);
const LONG_KEY = oracle.publicKey(SECRET, false);
const X_ONLY = KEY.subarray(1);
const ECDSA = oracle.signEcdsa(HASH, SECRET);
const SCHNORR = oracle.signSchnorr(HASH, SECRET, ZERO);

interface Question {
  readonly signature: Bytes;
  readonly hash: Bytes;
  readonly key: Bytes;
}

/**
 * What every backend of the curve must do. A new one adds one line to its own test file.
 */
export function obeysSecp256k1(backend: string, curve: Secp256k1): void {
  const claim = (text: string, run: (curve: Secp256k1) => void, skip: string | false = false): void => {
    test(`${backend}: ${text}`, { skip }, () => run(curve));
  };

  for (const [text, question, verdict] of ecdsaCases()) {
    claim(`an ECDSA signature ${text} is ${verdict ? "good" : "bad"}`, () =>
      assert.equal(askEcdsa(curve, question), verdict));
  }
  for (const [text, question, verdict] of schnorrCases()) {
    claim(`a Schnorr signature ${text} is ${verdict ? "good" : "bad"}`, () =>
      assert.equal(askSchnorr(curve, question), verdict));
  }
  for (const [text, key, tweak, hasResult] of tweakCases()) {
    claim(`a tweak ${text} gives ${hasResult ? "a key" : "nothing"}`, () => {
      const tweaked = curve.tweakXOnlyKey(key, tweak);
      assert.equal(tweaked !== undefined, hasResult);
      assert.deepEqual(tweaked, oracle.tweakXOnlyKey(key, tweak));
    });
  }
  claim("keys, signatures, tweaks and exchanges are made as by the oracle", makesAsOracle);
  claim("a secret key out of range is refused", refusesSecrets);
  claim("random questions, right and bent, are answered as by the oracle", answersAsOracle);
  claim("a refusal leaves nothing behind for the next question", forgetsRefusals);
  claim("a key, its negative and its x coordinate are told apart, in any order", tellsFormsApart);
  claim("bytes may be shared memory or a Buffer, and stay as they are", takesAnyMemory);
  claim("a tweaked key is memory of its own", givesOwnMemory);
  claim("the published Schnorr signatures are judged as BIP340 says", judgesPublished, skipWithoutShared);
}

function askEcdsa(curve: Secp256k1, { signature, hash, key }: Question): boolean {
  return curve.verifyEcdsa(signature, hash, key);
}

function askSchnorr(curve: Secp256k1, { signature, hash, key }: Question): boolean {
  return curve.verifySchnorr(signature, hash, key);
}

type Case = readonly [text: string, question: Question, verdict: boolean];

function ecdsaCases(): readonly Case[] {
  const { r, s } = secp256k1.Signature.fromBytes(ECDSA, "der");
  const asked = { signature: ECDSA, hash: HASH, key: KEY };
  const signed = (text: string, signature: Bytes, verdict = false): Case =>
    [text, { ...asked, signature }, verdict];
  const keyed = (text: string, key: Bytes, verdict = false): Case => [text, { ...asked, key }, verdict];
  const hashed = (text: string, hash: Bytes): Case =>
    [text, { signature: oracle.signEcdsa(hash, SECRET), hash, key: KEY }, true];
  const isOdd = ((LONG_KEY[64] as number) & 1) === 1;
  return [
    ["as it was made", asked, true],
    ["over another hash", { ...asked, hash: ZERO }, false],
    hashed("over a hash of zero", ZERO),
    hashed("over a hash beyond the order", FULL),
    signed("with high S", der(r, ORDER - s), true),
    signed("with R of zero", der(0n, s)),
    signed("with S of zero", der(r, 0n)),
    signed("with R and S of zero", der(0n, 0n)),
    signed("with R of the order", der(ORDER, s)),
    signed("with S of the order", der(r, ORDER)),
    signed("with the order added to S", der(r, ORDER + s)),
    signed("with R of 33 bytes", der(r + (1n << 256n), s)),
    signed("with R of 32 bytes that are all ones", der((1n << 256n) - 1n, s)),
    signed("with zeros before its numbers", concatBytes(fromHex("3048022200 00"), ECDSA.subarray(4, 36),
      fromHex("02220000"), ECDSA.subarray(38)), true),
    signed("with bytes after it", concatBytes(ECDSA, HASH), true),
    signed("that is cut off", ECDSA.subarray(0, -1)),
    signed("of no bytes", NO_BYTES),
    keyed("under an uncompressed key", LONG_KEY, true),
    keyed("under a hybrid key", startingWith(isOdd ? 7 : 6, LONG_KEY), true),
    keyed("under a hybrid key of the wrong parity", startingWith(isOdd ? 6 : 7, LONG_KEY)),
    keyed("under the key's negative", startingWith((KEY[0] as number) ^ 1, KEY)),
    keyed("under a key of no bytes", NO_BYTES),
    keyed("under the point at infinity", Uint8Array.of(0)),
    keyed("under a key of 33 zeros", new Uint8Array(33)),
    keyed("under a key of 65 zeros", new Uint8Array(65)),
    keyed("under a short key that claims to be long", startingWith(4, KEY)),
    keyed("under a long key that claims to be short", startingWith(2, LONG_KEY)),
    keyed("under a key of an unknown form", startingWith(5, KEY)),
    keyed("under a key without its last byte", KEY.subarray(0, -1)),
    keyed("under a key with a byte too many", concatBytes(KEY, Uint8Array.of(0))),
    keyed("under an x-only key", X_ONLY),
    keyed("under a key beyond the field", startingWith(2, concatBytes(NO_FORM, FULL))),
    keyed("under a key whose x is the field's size", concatBytes(Uint8Array.of(2), toBytes(FIELD))),
    keyed("under a key of no point", concatBytes(Uint8Array.of(2), toBytes(5n))),
    keyed("under a long key of no point", flipBit(LONG_KEY, 64 * 8)),
    ["whose nonce point is at infinity", { ...asked, hash: toBytes(mod(-r * fromBytes(SECRET))) }, false],
    ["whose nonce point lies beyond the order", nonceBeyondOrder(), true],
  ];
}

/** A question whose R is the x coordinate of its nonce point less the order: never so by chance. */
function nonceBeyondOrder(): Question {
  const [nonceX, nonce] = pointBeyondOrder();
  const r = nonceX - ORDER;
  const s = 5n;
  const key = nonce.multiply(s).subtract(Point.BASE.multiply(fromBytes(HASH))).multiply(Point.Fn.inv(r));
  return { signature: der(r, s), hash: HASH, key: key.toBytes(true) };
}

function schnorrCases(): readonly Case[] {
  const asked = { signature: SCHNORR, hash: HASH, key: X_ONLY };
  const r = SCHNORR.subarray(0, 32);
  const s = SCHNORR.subarray(32);
  const signed = (text: string, signature: Bytes, verdict = false): Case =>
    [text, { ...asked, signature }, verdict];
  const keyed = (text: string, key: Bytes): Case => [text, { ...asked, key }, false];
  const lengths = [0, 1, 31, 33, 100].map((length): Case => {
    const message = new Uint8Array(length).fill(3);
    const signature = oracle.signSchnorr(message, SECRET, ZERO);
    return [`over a message of ${length} bytes`, { signature, hash: message, key: X_ONLY }, true];
  });
  return [
    ["as it was made", asked, true],
    ["over another message", { ...asked, hash: ZERO }, false],
    ["over a message cut short", { ...asked, hash: HASH.subarray(1) }, false],
    ...lengths,
    signed("with R of zero", concatBytes(ZERO, s)),
    signed("with R of the field's size", concatBytes(toBytes(FIELD), s)),
    signed("with R beyond the field", concatBytes(FULL, s)),
    signed("with S of zero", concatBytes(r, ZERO)),
    signed("with S of the order", concatBytes(r, toBytes(ORDER))),
    signed("with S beyond the order", concatBytes(r, FULL)),
    signed("with S negated", concatBytes(r, toBytes(ORDER - fromBytes(s)))),
    signed("of 63 bytes", SCHNORR.subarray(0, 63)),
    signed("of 65 bytes", concatBytes(SCHNORR, Uint8Array.of(0))),
    signed("of no bytes", NO_BYTES),
    signed("whose nonce point has odd y", oddNonce()),
    signed("whose nonce point is at infinity", infiniteNonce()),
    keyed("under another key", oracle.publicKey(HASH).subarray(1)),
    keyed("under a key of 33 bytes", KEY),
    keyed("under a key of no bytes", NO_BYTES),
    keyed("under a key of zero", ZERO),
    keyed("under a key of no point", toBytes(5n)),
    keyed("under a key of the field's size", toBytes(FIELD)),
    keyed("under a key beyond the field", FULL),
    keyed("under a key between the order and the field's size", toBytes(pointBeyondOrder()[0])),
  ];
}

/** Satisfies all of the equation but that the nonce point's y is even. */
function oddNonce(): Bytes {
  let nonce = 1n;
  while (Point.BASE.multiply(nonce).toBytes(true)[0] !== 3) nonce++;
  const r = Point.BASE.multiply(nonce).toBytes(true).subarray(1);
  return concatBytes(r, toBytes(mod(nonce + challenge(r) * evenSecret())));
}

function infiniteNonce(): Bytes {
  const r = SCHNORR.subarray(0, 32);
  return concatBytes(r, toBytes(mod(challenge(r) * evenSecret())));
}

function challenge(r: Bytes): bigint {
  return mod(fromBytes(taggedHash("BIP0340/challenge", r, X_ONLY, HASH)));
}

/** Of the point with even y that the x-only key means. */
function evenSecret(): bigint {
  return KEY[0] === 2 ? fromBytes(SECRET) : ORDER - fromBytes(SECRET);
}

type TweakCase = readonly [text: string, key: Bytes, tweak: Bytes, hasResult: boolean];

function tweakCases(): readonly TweakCase[] {
  return [
    ["by a hash", X_ONLY, HASH, true],
    ["by another hash", X_ONLY, SECRET, true],
    ["of zero", X_ONLY, ZERO, true],
    ["by one less than the order", X_ONLY, toBytes(ORDER - 1n), true],
    ["by the order", X_ONLY, toBytes(ORDER), false],
    ["beyond the order", X_ONLY, FULL, false],
    ["that cancels the key", X_ONLY, toBytes(ORDER - evenSecret()), false],
    ["of 31 bytes", X_ONLY, HASH.subarray(1), false],
    ["of a key of 33 bytes", KEY, HASH, false],
    ["of a key of zero", ZERO, HASH, false],
    ["of a key of no point", toBytes(5n), HASH, false],
    ["of a key beyond the field", FULL, HASH, false],
    ["of a key between the order and the field's size", toBytes(pointBeyondOrder()[0]), HASH, true],
  ];
}

function answersAsOracle(curve: Secp256k1): void {
  const rng = seededRng(SEED);
  for (let i = 0; i < RANDOM_CASES; i++) {
    const secret = randomBytes(rng, 32);
    const hash = randomBytes(rng, 32);
    const longKey = oracle.publicKey(secret, i % 2 === 0);
    const ecdsa = { signature: oracle.signEcdsa(hash, secret), hash, key: longKey };
    const xOnly = oracle.publicKey(secret).subarray(1);
    const schnorr = { signature: oracle.signSchnorr(hash, secret, randomBytes(rng, 32)), hash, key: xOnly };
    let say = `seed ${SEED}, case ${i}`;
    assert.equal(askEcdsa(curve, ecdsa), true, say);
    assert.equal(askSchnorr(curve, schnorr), true, say);
    const part = (["signature", "hash", "key"] as const)[i % 3]!;
    const bit = rng.u32();
    say += `, ${part}, bit ${bit}`;
    const bentEcdsa = { ...ecdsa, [part]: flipBit(ecdsa[part], bit) };
    const bentSchnorr = { ...schnorr, [part]: flipBit(schnorr[part], bit) };
    assert.equal(askEcdsa(curve, bentEcdsa), askEcdsa(oracle, bentEcdsa), say);
    assert.equal(askSchnorr(curve, bentSchnorr), askSchnorr(oracle, bentSchnorr), say);
    assert.deepEqual(curve.tweakXOnlyKey(xOnly, hash), oracle.tweakXOnlyKey(xOnly, hash), say);
  }
}

/** To the byte: ECDSA's nonces are those of RFC 6979. Both parities of keys and nonces come up. */
function makesAsOracle(curve: Secp256k1): void {
  const rng = seededRng(SEED + 1);
  for (let i = 0; i < RANDOM_CASES; i++) {
    const [secret, hash, other] = [randomBytes(rng, 32), randomBytes(rng, 32), randomBytes(rng, 32)];
    const say = `seed ${SEED + 1}, case ${i}`;
    assert.deepEqual(curve.publicKey(secret), oracle.publicKey(secret), say);
    assert.deepEqual(curve.publicKey(secret, false), oracle.publicKey(secret, false), say);
    assert.deepEqual(curve.signEcdsa(hash, secret), oracle.signEcdsa(hash, secret), say);
    assert.deepEqual(curve.signSchnorr(hash, secret, other), oracle.signSchnorr(hash, secret, other), say);
    assert.deepEqual(curve.tweakSecretKey(secret, other), oracle.tweakSecretKey(secret, other), say);
    const ours = oracle.createEllswift(secret, other);
    assert.deepEqual(curve.createEllswift(secret, other), ours, say);
    const exchange = {
      secretKey: secret, ours, theirs: randomBytes(rng, ELLSWIFT_BYTES), isInitiator: i % 2 === 0,
    };
    assert.deepEqual(curve.ellswiftSecret(exchange), oracle.ellswiftSecret(exchange), say);
  }
  const minusSecret = toBytes(ORDER - evenSecret());
  for (const tweak of [ZERO, FULL, toBytes(ORDER), minusSecret, HASH.subarray(1)]) {
    assert.deepEqual(curve.tweakSecretKey(SECRET, tweak), oracle.tweakSecretKey(SECRET, tweak), toHex(tweak));
  }
  const message = new Uint8Array(100).fill(3);
  assert.deepEqual(curve.signSchnorr(message, SECRET, ZERO), oracle.signSchnorr(message, SECRET, ZERO));
}

function refusesSecrets(curve: Secp256k1): void {
  for (const secret of [ZERO, FULL, toBytes(ORDER), HASH.subarray(1)]) {
    assert.equal(curve.isSecretKey(secret), false);
    assert.throws(() => curve.publicKey(secret), toHex(secret));
    assert.throws(() => curve.signEcdsa(HASH, secret), toHex(secret));
    assert.throws(() => curve.signSchnorr(HASH, secret, ZERO), toHex(secret));
  }
}

function forgetsRefusals(curve: Secp256k1): void {
  const ecdsa = { signature: ECDSA, hash: HASH, key: KEY };
  const schnorr = { signature: SCHNORR, hash: HASH, key: X_ONLY };
  for (const bad of [ZERO, FULL]) {
    assert.equal(askEcdsa(curve, { ...ecdsa, key: startingWith(2, concatBytes(NO_FORM, bad)) }), false);
    assert.equal(askEcdsa(curve, ecdsa), true);
    assert.equal(askSchnorr(curve, { ...schnorr, key: bad }), false);
    assert.equal(askSchnorr(curve, schnorr), true);
    assert.equal(curve.tweakXOnlyKey(bad, HASH), undefined);
    assert.equal(askEcdsa(curve, { ...ecdsa, signature: NO_BYTES }), false);
    assert.equal(askSchnorr(curve, schnorr), true);
  }
}

function tellsFormsApart(curve: Secp256k1): void {
  const negative = startingWith((KEY[0] as number) ^ 1, KEY);
  const asks: readonly (() => void)[] = [
    () => assert.equal(askEcdsa(curve, { signature: ECDSA, hash: HASH, key: KEY }), true),
    () => assert.equal(askEcdsa(curve, { signature: ECDSA, hash: HASH, key: negative }), false),
    () => assert.equal(askEcdsa(curve, { signature: ECDSA, hash: HASH, key: startingWith(5, KEY) }), false),
    () => assert.equal(askSchnorr(curve, { signature: SCHNORR, hash: HASH, key: X_ONLY }), true),
    () => assert.deepEqual(curve.tweakXOnlyKey(X_ONLY, HASH), oracle.tweakXOnlyKey(X_ONLY, HASH)),
  ];
  for (const first of asks) {
    for (const second of asks) {
      first();
      second();
    }
  }
}

function takesAnyMemory(curve: Secp256k1): void {
  const { r, s } = secp256k1.Signature.fromBytes(ECDSA, "der");
  const hybrid = startingWith(((LONG_KEY[64] as number) & 1) + 6, LONG_KEY);
  for (const placed of [inSharedMemory, (bytes: Bytes) => Buffer.from(bytes)]) {
    const given = [der(r, ORDER - s), HASH, hybrid, SCHNORR, X_ONLY, SECRET].map(placed);
    const before = given.map(toHex);
    const [ecdsa, hash, key, schnorr, xOnly, tweak] = given as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes];
    assert.equal(curve.verifyEcdsa(ecdsa, hash, key), true);
    assert.equal(curve.verifySchnorr(schnorr, hash, xOnly), true);
    assert.deepEqual(curve.tweakXOnlyKey(xOnly, tweak), oracle.tweakXOnlyKey(X_ONLY, SECRET));
    assert.deepEqual(given.map(toHex), before);
  }
}

function givesOwnMemory(curve: Secp256k1): void {
  const first = curve.tweakXOnlyKey(X_ONLY, HASH)!;
  const before = toHex(first.key);
  const second = curve.tweakXOnlyKey(X_ONLY, SECRET)!;
  assert.notEqual(toHex(second.key), before);
  assert.equal(toHex(first.key), before);
  assert.equal(first.key.constructor, Uint8Array);
}

function judgesPublished(curve: Secp256k1): void {
  const { content } = readVectorFile(sharedPath("vectors/bip/bip-0340-test-vectors.csv"));
  const cases = publishedCases(content, curve);
  assert.ok(cases.length >= 15);
  assert.deepEqual(failuresOf(cases), []);
}

/** Stands where `startingWith` puts the first byte of a key. */
const NO_FORM = Uint8Array.of(0);

function startingWith(form: number, key: Bytes): Bytes {
  return concatBytes(Uint8Array.of(form), key.subarray(1));
}

/** Somewhere inside a larger piece, as a verify job's bytes lie. */
function inSharedMemory(bytes: Bytes): Bytes {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + 8), 5, bytes.length);
  view.set(bytes);
  return view;
}

function flipBit(bytes: Bytes, bit: number): Bytes {
  const at = bit % (bytes.length * 8);
  return bytes.map((byte, i) => (i === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
}

/** The first x coordinate of a point that is more than the group's order, and the point with even y. */
function pointBeyondOrder(): readonly [bigint, InstanceType<typeof Point>] {
  for (let x = ORDER + 1n; ; x++) {
    const key = concatBytes(Uint8Array.of(2), toBytes(x));
    if (oracle.isPublicKey(key)) return [x, Point.fromBytes(key)];
  }
}

function der(r: bigint, s: bigint): Bytes {
  const numbers = concatBytes(derInteger(r), derInteger(s));
  return concatBytes(Uint8Array.of(0x30, numbers.length), numbers);
}

function derInteger(value: bigint): Bytes {
  const hex = value.toString(16);
  const digits = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  const padding = (digits[0] as number) >= 0x80 ? Uint8Array.of(0) : NO_BYTES;
  return concatBytes(Uint8Array.of(2, padding.length + digits.length), padding, digits);
}

function mod(value: bigint): bigint {
  return ((value % ORDER) + ORDER) % ORDER;
}

function toBytes(value: bigint): Bytes {
  return fromHex(value.toString(16).padStart(64, "0"));
}

function fromBytes(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}
