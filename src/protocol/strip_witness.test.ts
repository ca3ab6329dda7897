import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import { Block } from "../primitives/block.ts";
import { NULL_OUT_POINT, Transaction } from "../primitives/transaction.ts";
import { randomBlock, randomCoins } from "../../test/support/random_blocks.ts";
import { withoutWitness, withoutWitnesses } from "./strip_witness.ts";

/** By decoding and writing anew. */
function naive(block: Block): Uint8Array {
  return Block.of(block.header, block.transactions.map(withoutWitness)).bytes;
}

test("what is cut out of a block's bytes are its witnesses, as one finds who writes it anew", () => {
  const rng = seededRng(7);
  const coins = randomCoins(rng, 60);
  let cut = 0;
  for (let i = 0; i < 40; i++) {
    const block = randomBlock(rng, coins);
    const stripped = withoutWitnesses(block.layout);
    assert.deepEqual(stripped, naive(block), `block ${i} of seed 7`);
    cut += block.bytes.length - stripped.length;
  }
  assert.ok(cut > 0, "some had witnesses");
});

test("a block without witnesses is given back whole, one of witnesses without all of them", () => {
  const { header } = randomBlock(seededRng(8), randomCoins(seededRng(8), 4));
  const withItems = (witness: readonly Uint8Array[]): Transaction => Transaction.of({
    version: 2, outputs: [], locktime: 7,
    inputs: [{ prevout: NULL_OUT_POINT, scriptSig: new Uint8Array(3), sequence: 1, witness }],
  });
  const [bare, full] = [withItems([]), withItems([new Uint8Array(300), new Uint8Array(0)])];
  for (const transactions of [[], [bare], [full], [full, bare], [bare, full, full], [full, full, bare]]) {
    const block = Block.of(header, transactions);
    assert.deepEqual(withoutWitnesses(block.layout), naive(block));
  }
});
