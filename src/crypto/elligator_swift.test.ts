import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { elligatorSwift } from "@scure/btc-signer/p2p.js";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { concatBytes, fromHex, toHex } from "../base/bytes.ts";
import { randomBytes, type Rng, seededRng } from "../base/rng.ts";
import {
  FIELD_PRIME, fieldFromBytes, fieldToBytes, invert, isSquare, reduce, squareRoot,
} from "./curve_field.ts";
import { ellswiftDecode, ellswiftEncode, xSwiftEc, xSwiftEcInverse } from "./elligator_swift.ts";
import { portableSecp256k1 } from "./portable_secp256k1.ts";

const SEED = 324;
const SECRET = new Uint8Array(32).fill(7);

/** By secp256k1_ellswift_create of libsecp256k1, of SECRET with 32 nines. */
const LIBSECP256K1_ENCODING = "bd904bcd8b0a9be51e5d03d64a2a1af4ab7f77d137af675db242329e2485db07" +
  "4a02b8970a4db94d25f426cda4b794d1715b977f0486d4cb828b3c158d6a8d04";

function rows(name: string): readonly (readonly string[])[] {
  const text = readFileSync(sharedPath("vectors", "bip", `bip-0324-${name}_test_vectors.csv`), "latin1");
  return text.trim().split("\n").slice(1).map((line) => line.split(","));
}

/** Some numbers of the field: small ones, large ones and chance. */
function fieldCases(rng: Rng): readonly bigint[] {
  const edges = [0n, 1n, 2n, 3n, 7n, 8n, FIELD_PRIME - 1n, FIELD_PRIME - 2n, 2n ** 255n];
  return [...edges, ...Array.from({ length: 30 }, () => fieldFromBytes(randomBytes(rng, 32)))];
}

test("an inverse times its number is one, and a root times itself is its square", () => {
  for (const value of fieldCases(seededRng(SEED))) {
    if (value !== 0n) assert.equal(reduce(value * invert(value)), 1n, `${value}`);
    const root = squareRoot(reduce(value * value));
    assert.ok(root === value || root === reduce(-value), `${value}`);
    assert.ok(isSquare(root), "the root that is itself a square is taken");
  }
});

test("of a number that is not zero and its negative, exactly one is a square", () => {
  for (const value of fieldCases(seededRng(SEED + 1))) {
    assert.equal(isSquare(value) && isSquare(reduce(-value)), value === 0n, `${value}`);
    assert.equal(isSquare(value) || isSquare(reduce(-value)), true, `${value}`);
    assert.equal(squareRoot(value) === undefined, !isSquare(value), `${value}`);
  }
});

test("a number as bytes comes back, and one that is the prime or more is taken modulo the prime", () => {
  for (const value of fieldCases(seededRng(SEED + 2))) {
    assert.equal(fieldFromBytes(fieldToBytes(value)), value);
  }
  assert.equal(fieldFromBytes(fieldToBytes(FIELD_PRIME + 5n)), 5n);
});

test("encodings decode to what BIP324 publishes", { skip: skipWithoutShared }, () => {
  const cases = rows("ellswift_decode");
  assert.ok(cases.length > 70);
  for (const [encoding, x, comment] of cases) {
    assert.equal(toHex(ellswiftDecode(fromHex(encoding ?? ""))), x, comment);
  }
});

test("each of the eight ways back is what BIP324 publishes", { skip: skipWithoutShared }, () => {
  const cases = rows("xswiftec_inv");
  assert.ok(cases.length > 30);
  for (const [u = "", x = "", ...rest] of cases) {
    for (let which = 0; which < 8; which++) {
      const t = xSwiftEcInverse(BigInt(`0x${x}`), BigInt(`0x${u}`), which);
      assert.equal(t === undefined ? "" : toHex(fieldToBytes(t)), rest[which], `u=${u} x=${x} case ${which}`);
    }
  }
});

test("any 64 bytes decode as another implementation decodes them", () => {
  const rng = seededRng(SEED + 3);
  for (let i = 0; i < 40; i++) {
    const encoding = randomBytes(rng, 64);
    if (i % 8 === 0) encoding.fill(0, 0, 32);
    if (i % 8 === 1) encoding.fill(0, 32);
    if (i % 8 === 2) encoding.fill(0xff, 0, 32);
    if (i % 8 === 3) encoding.fill(0xff, 32);
    assert.deepEqual(ellswiftDecode(encoding), elligatorSwift.decode(encoding), toHex(encoding));
  }
});

test("every way back that leads somewhere leads back to where it began", () => {
  const rng = seededRng(SEED + 4);
  let found = 0;
  for (let i = 0; i < 20; i++) {
    const x = fieldFromBytes(portableSecp256k1.publicKey(randomBytes(rng, 32)).subarray(1));
    const u = fieldFromBytes(randomBytes(rng, 32));
    for (let which = 0; which < 8; which++) {
      const t = xSwiftEcInverse(x, u, which);
      if (t === undefined) continue;
      found += 1;
      assert.equal(xSwiftEc(u, t), x, `u=${u} x=${x} case ${which}`);
    }
  }
  assert.ok(found > 20, `${found} found`);
});

test("an encoding of a key decodes to the key, and its t has the parity of y", () => {
  const rng = seededRng(SEED + 5);
  for (let i = 0; i < 20; i++) {
    const key = portableSecp256k1.publicKey(randomBytes(rng, 32));
    const encoding = ellswiftEncode(key, () => randomBytes(rng, 32));
    assert.deepEqual(ellswiftDecode(encoding), key.slice(1));
    assert.equal((encoding[63] as number) % 2 === 1, key[0] === 3);
  }
});

test("entropy chooses the encoding, as libsecp256k1 does from it", () => {
  const entropy = new Uint8Array(32).fill(9);
  assert.equal(toHex(portableSecp256k1.createEllswift(SECRET, entropy)), LIBSECP256K1_ENCODING);
  const other = portableSecp256k1.createEllswift(SECRET, SECRET);
  assert.notEqual(toHex(other), LIBSECP256K1_ENCODING);
  assert.deepEqual(ellswiftDecode(other), ellswiftDecode(fromHex(LIBSECP256K1_ENCODING)));
});

test("two ends have the same secret in common, which is another when a bit of a key is", () => {
  const rng = seededRng(SEED + 6);
  const [a, b] = [randomBytes(rng, 32), randomBytes(rng, 32)];
  const ours = portableSecp256k1.createEllswift(a, randomBytes(rng, 32));
  const theirs = portableSecp256k1.createEllswift(b, randomBytes(rng, 32));
  const secret = portableSecp256k1.ellswiftSecret({ secretKey: a, ours, theirs, isInitiator: true });
  assert.deepEqual(
    portableSecp256k1.ellswiftSecret({ secretKey: b, ours: theirs, theirs: ours, isInitiator: false }),
    secret,
  );
  assert.deepEqual(elligatorSwift.getSharedSecretBip324(a, theirs, ours, true), secret);
  const bent = concatBytes(ours.subarray(0, 63), Uint8Array.of((ours[63] as number) ^ 1));
  assert.notDeepEqual(
    portableSecp256k1.ellswiftSecret({ secretKey: a, ours: bent, theirs, isInitiator: true }),
    secret,
  );
});
