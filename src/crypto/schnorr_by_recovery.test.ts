import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concatBytes, fromHex } from "../base/bytes.ts";
import { portableSecp256k1 } from "./portable_secp256k1.ts";
import { type RecoveryCurve, verifySchnorrByRecovery } from "./schnorr_by_recovery.ts";

const HASH = new Uint8Array(32).fill(9);
const SECRET = new Uint8Array(32).fill(7);
const KEY = portableSecp256k1.publicKey(SECRET).subarray(1);
const SIGNATURE = portableSecp256k1.signSchnorr(HASH, SECRET, HASH);
const R = SIGNATURE.subarray(0, 32);
const S = SIGNATURE.subarray(32);

/** What comes out of the real curve is for the contract that all backends obey; here it is handed in. */
function recovering(result: Bytes | undefined): RecoveryCurve & { readonly asked: Bytes[] } {
  const asked: Bytes[] = [];
  return {
    asked,
    recoverFromProducts: (...numbers) => {
      asked.push(...numbers);
      return result;
    },
    portable: () => portableSecp256k1,
  };
}

function verdict(result: Bytes | undefined, signature = SIGNATURE, key = KEY): boolean {
  return verifySchnorrByRecovery(recovering(result), signature, HASH, key);
}

test("a signature holds when the negative of its nonce point comes out", () => {
  assert.equal(verdict(concatBytes(Uint8Array.of(3), R)), true);
  assert.equal(verdict(concatBytes(Uint8Array.of(2), R)), false);
  assert.equal(verdict(concatBytes(Uint8Array.of(3), S)), false);
  assert.equal(verdict(undefined), false);
});

test("the library is asked with the key and S as they are", () => {
  const curve = recovering(undefined);
  verifySchnorrByRecovery(curve, SIGNATURE, HASH, KEY);
  assert.deepEqual([curve.asked[0], curve.asked[2]], [KEY, S]);
});

test("numbers that ECDSA does not know never reach the library", () => {
  const order = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  for (const number of [new Uint8Array(32), order, new Uint8Array(32).fill(0xff)]) {
    const curve = recovering(concatBytes(Uint8Array.of(3), R));
    assert.equal(verifySchnorrByRecovery(curve, concatBytes(R, number), HASH, KEY), false);
    assert.equal(verifySchnorrByRecovery(curve, SIGNATURE, HASH, number), false);
    assert.deepEqual(curve.asked, []);
  }
});
