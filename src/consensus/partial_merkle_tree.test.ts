import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { hash256 } from "../crypto/crypto.ts";
import type { Txid } from "../primitives/hash.ts";
import { merkleRoot } from "./merkle.ts";
import { buildPartialMerkleTree, provenMatches } from "./partial_merkle_tree.ts";

function leaves(count: number): Txid[] {
  return Array.from({ length: count }, (_, i) => hash256(Uint8Array.of(i, i >> 8)) as Txid);
}

test("a proof gives back the root and the transactions it was made for, in their order", () => {
  const subset = fc.integer({ min: 1, max: 70 })
    .chain((count) => fc.record({ count: fc.constant(count), picks: fc.array(fc.nat(count - 1)) }));
  fc.assert(fc.property(subset, ({ count, picks }) => {
    const txids = leaves(count);
    const wanted = txids.filter((_, at) => picks.includes(at));
    const proven = provenMatches(buildPartialMerkleTree(txids, (txid) => wanted.includes(txid)));
    assert.deepEqual(proven, { root: merkleRoot(concatBytes(...txids)).root, txids: wanted });
  }));
});

test("what is cut, lengthened or claims no transactions proves nothing", () => {
  const txids = leaves(7);
  const tree = buildPartialMerkleTree(txids, (txid) => txid === txids[3]);
  assert.notEqual(provenMatches(tree), undefined);
  assert.equal(provenMatches({ ...tree, transactionCount: 0 }), undefined);
  assert.equal(provenMatches({ ...tree, transactionCount: 16_667 }), undefined);
  assert.equal(provenMatches({ ...tree, hashes: tree.hashes.slice(1) }), undefined);
  assert.equal(provenMatches({ ...tree, hashes: [...tree.hashes, txids[0] as Bytes] }), undefined);
  assert.equal(provenMatches({ ...tree, flags: new Uint8Array() }), undefined);
  assert.equal(provenMatches({ ...tree, flags: concatBytes(tree.flags, Uint8Array.of(0)) }), undefined);
});

test("two equal neighbours prove nothing: the same root would stand for another block", () => {
  const [leaf] = leaves(1) as [Txid];
  const tree = { transactionCount: 2, hashes: [leaf, leaf], flags: Uint8Array.of(0b111) };
  assert.equal(provenMatches(tree), undefined);
});
