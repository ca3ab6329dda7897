import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PeerId } from "../peer/peer.ts";
import type { Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { spend } from "../../test/support/mempool_harness.ts";
import { ORPHAN_WEIGHT_PER_PEER_MAX, Orphanage, ORPHANS_PER_PEER_MAX, parentsOf } from "./orphanage.ts";

const [A, B] = [0, 1] as unknown as readonly [PeerId, PeerId];

function txid(name: number): Txid {
  return new Uint8Array(32).fill(name) as Txid;
}

/** Spends output `index` of a transaction called `parent`. */
function child(parent: number, index: number, outputs = 1): Transaction {
  return spend([{ txid: txid(parent), index }], 10_000, { outputs });
}

test("an orphan is found by each transaction that it spends from, until it is taken out", () => {
  const orphanage = new Orphanage();
  const orphan = spend([1, 2, 1].map((name, index) => ({ txid: txid(name), index })), 1_000);
  assert.equal(parentsOf(orphan).length, 2);
  assert.ok(orphanage.add(orphan, A));
  assert.ok(!orphanage.add(orphan, B), "one copy is enough");
  for (const parent of parentsOf(orphan)) {
    assert.deepEqual(orphanage.childrenOf(parent), [{ transaction: orphan, peer: A }]);
  }
  assert.ok(orphanage.delete(orphan.wtxid));
  for (const parent of parentsOf(orphan)) assert.deepEqual(orphanage.childrenOf(parent), []);
});

test("one who sends many loses the oldest of his own, and nobody else's", () => {
  const orphanage = new Orphanage();
  const other = child(9, 0);
  orphanage.add(other, B);
  const mine = Array.from({ length: ORPHANS_PER_PEER_MAX + 5 }, (_, index) => child(1, index));
  for (const each of mine) orphanage.add(each, A);
  assert.deepEqual(mine.map((each) => orphanage.has(each.wtxid)), mine.map((_, index) => index >= 5));
  assert.ok(orphanage.has(other.wtxid));
});

test("the weight of one peer's orphans is bounded, and so is that of each", () => {
  const orphanage = new Orphanage();
  const large = Array.from({ length: 8 }, (_, index) => child(1, index, 1_000));
  for (const each of large) orphanage.add(each, A);
  const kept = large.filter((each) => orphanage.has(each.wtxid));
  assert.ok(kept.length > 0 && kept.length < large.length);
  assert.ok(kept.reduce((sum, each) => sum + each.weight, 0) <= ORPHAN_WEIGHT_PER_PEER_MAX);
  assert.ok(!orphanage.add(child(2, 0, 4_000), A));
});

test("whatever is added and removed, nothing is left when the peers have gone", () => {
  const operation = fc.record({
    peer: fc.constantFrom(A, B), parent: fc.nat(5), index: fc.nat(3), isRemoval: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const orphanage = new Orphanage();
      for (const { peer, parent, index, isRemoval } of operations) {
        if (isRemoval) orphanage.delete(child(parent, index).wtxid);
        else orphanage.add(child(parent, index), peer);
      }
      orphanage.deletePeer(A);
      orphanage.deletePeer(B);
      assert.equal(orphanage.size, 0);
      for (let parent = 0; parent <= 5; parent++) {
        assert.equal(orphanage.childrenOf(txid(parent)).length, 0);
      }
    }),
  );
});
