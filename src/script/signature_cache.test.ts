import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bytes } from "../base/bytes.ts";
import { below, randomBytes, seededRng } from "../base/rng.ts";
import {
  type KnownSignatures, SignatureCache, signatureCacheMemory, type SignatureKind,
} from "./signature_cache.ts";

type Question = readonly [kind: SignatureKind, hash: Bytes, key: Bytes, signature: Bytes];

const SEED = 23;
const rng = seededRng(SEED);
const SALT = randomBytes(rng, 32);

function question(kind: SignatureKind = "ecdsa"): Question {
  return kind === "ecdsa"
    ? [kind, randomBytes(rng, 32), randomBytes(rng, 33), randomBytes(rng, 70 + below(rng, 3))]
    : [kind, randomBytes(rng, 32), randomBytes(rng, 32), randomBytes(rng, 64)];
}

function cacheOf(bytes: number, salt = SALT): SignatureCache {
  return new SignatureCache({ memory: signatureCacheMemory(bytes), salt });
}

function writer(cache: SignatureCache): KnownSignatures {
  return cache.open(true) ?? assert.fail("what stores is always there");
}

/** Whether it is known: then it is not asked of the curve, which here says no to all. */
function isKnown(known: KnownSignatures, asked: Question): boolean {
  return known.check(...asked, () => false);
}

test("a signature that was found good is not checked again", () => {
  const known = writer(cacheOf(4_096));
  for (const kind of ["ecdsa", "schnorr"] as const) {
    const asked = question(kind);
    assert.equal(known.check(...asked, () => true), true);
    assert.equal(known.check(...asked, () => assert.fail("it was checked")), true);
  }
});

test("a signature that was found bad is checked every time", () => {
  const known = writer(cacheOf(4_096));
  const asked = question();
  let checks = 0;
  for (let i = 0; i < 3; i++) assert.equal(known.check(...asked, () => ++checks < 0), false);
  assert.equal(checks, 3);
});

test("another kind, hash, key, signature or salt is another question", () => {
  const memory = signatureCacheMemory(4_096);
  const known = writer(new SignatureCache({ memory, salt: SALT }));
  const asked = question("schnorr");
  const [kind, hash, key, signature] = asked;
  known.check(...asked, () => true);
  const bend = (bytes: Bytes): Bytes => bytes.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
  const moved = new Uint8Array([...key, ...signature]);
  for (const other of [
    ["ecdsa", hash, key, signature],
    [kind, bend(hash), key, signature],
    [kind, hash, bend(key), signature],
    [kind, hash, key, bend(signature)],
    // The same bytes in a row, cut elsewhere.
    [kind, hash, moved.subarray(0, 33), moved.subarray(33)],
    [kind, hash, key, new Uint8Array([...signature, 0])],
  ] as const) assert.equal(isKnown(known, other), false);
  assert.equal(isKnown(writer(new SignatureCache({ memory, salt: bend(SALT) })), asked), false);
  assert.equal(isKnown(known, asked), true);
});

test("threads share what they find by sharing the memory", () => {
  const parts = { memory: signatureCacheMemory(4_096), salt: SALT };
  const asked = question();
  writer(new SignatureCache(parts)).check(...asked, () => true);
  assert.equal(isKnown(new SignatureCache(parts).open(false) ?? assert.fail(), asked), true);
});

test("who only reads stores nothing, and is not there while there is nothing to read", () => {
  const cache = cacheOf(4_096);
  assert.equal(cache.open(false), undefined);
  writer(cache).check(...question(), () => true);
  const reader = cache.open(false) ?? assert.fail();
  const asked = question();
  assert.equal(reader.check(...asked, () => true), true);
  assert.equal(isKnown(reader, asked), false);
});

test(`a cache that is too small forgets, and never says yes to what was not stored (seed ${SEED})`, () => {
  for (const bytes of [0, 256, 2_048]) {
    const known = writer(cacheOf(bytes));
    const stored: Question[] = [];
    for (let i = 0; i < 400; i++) {
      const asked = question(i % 2 === 0 ? "ecdsa" : "schnorr");
      assert.equal(isKnown(known, asked), false);
      known.check(...asked, () => true);
      assert.equal(isKnown(known, asked), true);
      stored.push(asked);
    }
    const kept = stored.filter((asked) => isKnown(known, asked)).length;
    assert.ok(kept > 0 && kept <= Math.max(8, bytes / 32), `${kept} of ${bytes} bytes`);
  }
});

test("halves of two entries, as threads may leave them, are no entry", () => {
  const memory = signatureCacheMemory(0);
  const known = writer(new SignatureCache({ memory, salt: SALT }));
  const asked = Array.from({ length: 40 }, () => question());
  for (const each of asked) known.check(...each, () => true);
  const words = new Uint32Array(memory);
  // Every entry gets the other half of the next.
  for (let at = 16; at + 16 <= words.length; at += 8) words.copyWithin(at + 4, at + 12, at + 16);
  const kept = asked.filter((each) => isKnown(known, each)).length;
  assert.ok(kept <= 1, `${kept} are known`);
});
