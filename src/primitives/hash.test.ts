import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hash } from "../../test/support/arbitrary_primitives.ts";
import { displayHash, hashKey, hashLiteral, parseHash, ZERO_HASH } from "./hash.ts";

test("a hash is shown last byte first, and read back", () => {
  const text = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
  const genesis = hashLiteral(text);
  assert.equal(genesis[0], 0x6f);
  assert.equal(displayHash(genesis), text);
  fc.assert(fc.property(hash, (value) => assert.deepEqual(parseHash(displayHash(value)), value)));
});

test("keys are equal when hashes are", () => {
  fc.assert(fc.property(hash, hash, (a, b) => {
    assert.equal(hashKey(a) === hashKey(b), Buffer.compare(a, b) === 0);
    assert.equal(hashKey(a), hashKey(a.slice()));
  }));
  assert.equal(hashKey(ZERO_HASH).length, 32);
  assert.equal(hashKey(Uint8Array.of(0x41, 0xff)), "A\u00ff", "other bytes have keys too");
  fc.assert(fc.property(hash, (value) => assert.equal(hashKey(value), Buffer.from(value).toString("latin1"))));
});

test("what is not 64 hex digits is no hash", () => {
  for (const text of ["", "00", "g".repeat(64), "0".repeat(63), "0".repeat(65), "0".repeat(66)]) {
    assert.equal(parseHash(text), undefined);
    assert.throws(() => hashLiteral(text), RangeError);
  }
});
