import assert from "node:assert/strict";
import { test } from "node:test";
import { obeysSecp256k1 } from "../../test/contract/secp256k1.ts";
import { concatBytes, fromHex, toHex } from "../base/bytes.ts";
import { parseLaxDer } from "./lax_der.ts";
import { portableSecp256k1 as curve } from "./portable_secp256k1.ts";

const SECRET = new Uint8Array(32).fill(7);
const HASH = new Uint8Array(32).fill(9);
const ORDER = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const ONE = fromHex("00".repeat(31) + "01");

test("a public key is derived in both lengths", () => {
  const generator = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
  const y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
  assert.equal(toHex(curve.publicKey(ONE)), `02${generator}`);
  assert.equal(toHex(curve.publicKey(ONE, false)), `04${generator}${y}`);
});

test("a secret key is in range between one and the order", () => {
  assert.equal(curve.isSecretKey(ONE), true);
  assert.equal(curve.isSecretKey(new Uint8Array(32)), false);
  assert.equal(curve.isSecretKey(ORDER), false);
  assert.equal(curve.isSecretKey(new Uint8Array(31).fill(1)), false);
});

test("an ECDSA signature verifies under its own hash and key alone", () => {
  const key = curve.publicKey(SECRET);
  const signature = curve.signEcdsa(HASH, SECRET);
  assert.equal(curve.verifyEcdsa(signature, HASH, key), true);
  assert.equal(curve.verifyEcdsa(signature, SECRET, key), false);
  assert.equal(curve.verifyEcdsa(signature, HASH, curve.publicKey(HASH)), false);
  assert.equal(curve.verifyEcdsa(signature.subarray(0, -1), HASH, key), false);
});

test("ECDSA keys may be uncompressed or hybrid, and a hybrid key's parity must be right", () => {
  const signature = curve.signEcdsa(HASH, SECRET);
  const key = curve.publicKey(SECRET, false);
  const parity = (key[64] as number) & 1;
  const hybrid = (form: number): Uint8Array => concatBytes(Uint8Array.of(form), key.subarray(1));
  assert.equal(curve.verifyEcdsa(signature, HASH, key), true);
  assert.equal(curve.verifyEcdsa(signature, HASH, hybrid(6 + parity)), true);
  assert.equal(curve.verifyEcdsa(signature, HASH, hybrid(7 - parity)), false);
  assert.equal(curve.isPublicKey(hybrid(6 + parity)), true);
  assert.equal(curve.isPublicKey(hybrid(5)), false);
  assert.equal(curve.isPublicKey(new Uint8Array(0)), false);
});

test("a signature with high S verifies, since only policy asks for low S", () => {
  const low = parseLaxDer(curve.signEcdsa(HASH, SECRET)) as Uint8Array;
  const s = BigInt(`0x${toHex(low.subarray(32))}`);
  const high = (BigInt(`0x${toHex(ORDER)}`) - s).toString(16).padStart(64, "0");
  assert.ok(high > toHex(low.subarray(32)));
  const der = fromHex(`30460221 00${toHex(low.subarray(0, 32))} 0221 00${high}`);
  assert.equal(curve.verifyEcdsa(der, HASH, curve.publicKey(SECRET)), true);
});

const SCALARS = `${"00".repeat(31)}05${"00".repeat(31)}06`;
const LAX = [
  ["3006 020105 020106", SCALARS, "strict"],
  ["30ff 020105 020106".replace("ff", "7f"), SCALARS, "with a wrong length of the whole"],
  ["308106 020105 020106", SCALARS, "with the length of the whole in long form"],
  ["3006 02820001 05 020106", SCALARS, "with the length of R in long form"],
  ["3006 0203000005 020106", SCALARS, "with zeros before R"],
  ["3006 020105 020106 ffff", SCALARS, "with bytes at the end"],
  ["3006 0200 020106", `${"00".repeat(63)}06`, "with an R of no bytes"],
  ["3006 020105 0207", undefined, "with an S that is cut off"],
  ["3006 020105 02", undefined, "without a length of S"],
  ["3006 020105", undefined, "without S"],
  ["30", undefined, "of one byte"],
  ["", undefined, "of no bytes"],
  ["3106 020105 020106", undefined, "with another tag"],
  ["3006 030105 020106", undefined, "with another tag of R"],
  [`3024 0221 01${"00".repeat(32)} 020106`, undefined, "with an R of 33 bytes"],
  ["3006 028401000000", undefined, "with an R of 2^24 bytes"],
  ["30ff", undefined, "that promises a length of 127 bytes"],
] as const;

for (const [hex, scalars, name] of LAX) {
  test(`a DER signature ${name} is ${scalars === undefined ? "refused" : "read"}`, () => {
    const parsed = parseLaxDer(fromHex(hex));
    assert.equal(parsed && toHex(parsed), scalars);
  });
}

test("the secret of a tweaked key belongs to the tweaked key", () => {
  for (const secret of [SECRET, HASH, ONE]) {
    const key = curve.publicKey(secret).subarray(1);
    const tweaked = curve.tweakXOnlyKey(key, HASH);
    const tweakedSecret = curve.tweakSecretKey(secret, HASH);
    assert.ok(tweaked !== undefined && tweakedSecret !== undefined);
    const publicKey = curve.publicKey(tweakedSecret);
    assert.deepEqual(tweaked, { key: publicKey.slice(1), parity: publicKey[0] === 3 ? 1 : 0 });
  }
});

test("a tweak out of range, or of no point, gives nothing", () => {
  const key = curve.publicKey(SECRET).subarray(1);
  assert.equal(curve.tweakXOnlyKey(key, ORDER), undefined);
  assert.equal(curve.tweakSecretKey(SECRET, ORDER), undefined);
  assert.equal(curve.tweakXOnlyKey(new Uint8Array(32).fill(0xff), HASH), undefined);
  assert.deepEqual(curve.tweakXOnlyKey(key, new Uint8Array(32)), { key: key.slice(), parity: 0 });
});

test("a tweak that cancels the key gives nothing", () => {
  const generator = curve.publicKey(ONE).subarray(1);
  const minusOne = ORDER.slice();
  minusOne[31] = (minusOne[31] as number) - 1;
  assert.equal(curve.tweakXOnlyKey(generator, minusOne), undefined);
  assert.equal(curve.tweakSecretKey(ONE, minusOne), undefined);
});

test("an own Schnorr signature verifies, and no changed one does", () => {
  const key = curve.publicKey(SECRET).subarray(1);
  const signature = curve.signSchnorr(HASH, SECRET, new Uint8Array(32));
  assert.equal(curve.verifySchnorr(signature, HASH, key), true);
  for (const at of [0, 31, 32, 63]) {
    const bent = signature.slice();
    bent[at] = (bent[at] as number) ^ 1;
    assert.equal(curve.verifySchnorr(bent, HASH, key), false, `byte ${at}`);
  }
  assert.equal(curve.verifySchnorr(signature.subarray(1), HASH, key), false);
  assert.equal(curve.verifySchnorr(signature, HASH, curve.publicKey(SECRET)), false);
});

obeysSecp256k1("portable", curve);
