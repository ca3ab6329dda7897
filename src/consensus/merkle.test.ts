import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { hash256 } from "../crypto/crypto.ts";
import { ZERO_HASH } from "../primitives/hash.ts";
import { merkleRoot } from "./merkle.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** From the definition, one level at a time. */
function naiveRoot(hashes: readonly Bytes[]): Bytes {
  if (hashes.length <= 1) return hashes[0] ?? ZERO_HASH;
  const above: Bytes[] = [];
  for (let i = 0; i < hashes.length; i += 2) {
    const left = hashes[i] as Bytes;
    above.push(hash256(concatBytes(left, hashes[i + 1] ?? left)));
  }
  return naiveRoot(above);
}

test("merkleRoot does what the definition says", () => {
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 40 }), (hashes) => {
      const { root } = merkleRoot(concatBytes(...hashes));
      assert.deepEqual(new Uint8Array(root), new Uint8Array(naiveRoot(hashes)));
    }),
  );
});

test("repeating the end of a list keeps the root, and is told as a mutation (CVE-2012-2459)", () => {
  // Seven hashes have the root of eight with the last twice, six that of eight with the last two twice.
  for (const [count, repeated] of [[3, 1], [7, 1], [6, 2], [12, 4], [5, 3]] as const) {
    const hashes = Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i + 1));
    const honest = merkleRoot(concatBytes(...hashes));
    assert.equal(honest.mutated, false);
    const tail = count === 5 ? [hashes[4], hashes[4], hashes[4]] : hashes.slice(-repeated);
    const mutated = merkleRoot(concatBytes(...hashes, ...(tail as Bytes[])));
    assert.deepEqual(mutated, { root: honest.root, mutated: true }, `${count} hashes`);
  }
});

test("equal hashes that are not neighbours in a pair are no mutation", () => {
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  assert.equal(merkleRoot(concatBytes(a, b, b, a)).mutated, false);
  assert.equal(merkleRoot(concatBytes(a, b, a, b)).mutated, true);
});
