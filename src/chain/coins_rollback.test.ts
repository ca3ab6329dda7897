import assert from "node:assert/strict";
import { test } from "node:test";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { CoinsHash, hashCoins } from "./coins_hash.ts";
import { CoinsRollback } from "./coins_rollback.ts";
import { scanCoins } from "./coins_scan.ts";

/** With coins that a block makes and spends itself, and many outputs. */
function chainOf(length: number): readonly BlockNode[] {
  const tree = new BlockTree(QUICK_MATURITY);
  const nodes = [...tree.grow(tree.genesis, 3)];
  while (nodes.length < length) {
    const first = spendAnyone([coinbaseOf(nodes[nodes.length - 3] as BlockNode)], 0, 200);
    const inside = first.outputs.slice(0, 5).map(({ value }, index) => {
      return { outPoint: { txid: first.txid, index }, value };
    });
    nodes.push(tree.extend(nodes.at(-1) as BlockNode, { transactions: [first, spendAnyone(inside)] }));
  }
  return nodes;
}

test("taking back blocks gives the coins as they were after each earlier block", async () => {
  const nodes = chainOf(9);
  const harness = new ChainHarness({ params: QUICK_MATURITY });
  const hashes: (string | undefined)[] = [];
  for (const { block } of nodes) {
    harness.chain.addBlock(block, { requested: true });
    harness.coinsOnDisk();
    hashes.push(await hashCoins(harness.disk.coins, () => false));
  }
  const rollback = new CoinsRollback(new MemoryStore());
  for (let height = nodes.length - 1; height >= 1; height--) {
    const { block } = nodes[height] as BlockNode;
    const id = harness.chain.headers.find(block.hash) ?? assert.fail();
    await rollback.undo(block, harness.chain.readUndo(id) ?? assert.fail());
    const snapshot = (await scanCoins(harness.disk.coins)) ?? assert.fail();
    const hash = new CoinsHash();
    for await (const scanned of rollback.apply(snapshot.coins)) hash.add(scanned);
    assert.equal(hash.text(), hashes[height - 1], `back to height ${height}`);
  }
});
