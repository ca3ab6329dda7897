import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../../test/support/portable_curve.ts";
import { curve } from "./crypto.ts";
import { recoverKey, signRecoverable } from "./recoverable_signature.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secret = bytes32.filter((key) => curve().isSecretKey(key));

test("the key that signed is told from what it signed, in the form that the signature names", () => {
  fc.assert(
    fc.property(bytes32, secret, fc.boolean(), (hash, key, compressed) => {
      const signature = signRecoverable(hash, key, compressed);
      assert.deepEqual(recoverKey(hash, signature), curve().publicKey(key, compressed));
    }),
    { numRuns: 20 },
  );
});

test("another hash gives another key, and what is no signature none", () => {
  const hash = new Uint8Array(32).fill(1);
  const signature = signRecoverable(hash, new Uint8Array(32).fill(2), true);
  assert.notDeepEqual(recoverKey(new Uint8Array(32).fill(3), signature), recoverKey(hash, signature));
  assert.equal(recoverKey(hash, signature.subarray(1)), undefined);
  assert.equal(recoverKey(hash, signature.with(0, 26)), undefined);
  assert.equal(recoverKey(hash, signature.with(0, 35)), undefined);
  assert.equal(recoverKey(hash, new Uint8Array(65).fill(0xff, 1).with(0, 27)), undefined);
});
