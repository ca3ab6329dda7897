import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { seededRng } from "../base/rng.ts";
import { drawSalt } from "../base/salted_hash.ts";
import type { Sats } from "../primitives/amount.ts";
import type { BlockHash, Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { CoinsCache, FLUSH_SLICE_COINS, readCoinsHead } from "./coins_cache.ts";

const [ONE, TWO] = [1, 2].map((fill) => new Uint8Array(32).fill(fill) as BlockHash) as [BlockHash, BlockHash];

function outPoint(at: number): OutPoint {
  const txid = new Uint8Array(32) as Txid;
  new DataView(txid.buffer).setUint32(0, at);
  return { txid, index: at % 3 };
}

function coin(height: number) {
  return { value: height as Sats, script: new Uint8Array(25), height, isCoinbase: false };
}

function cacheOn(store: MemoryStore): CoinsCache {
  return new CoinsCache(store, drawSalt(seededRng(1)), ONE, () => assert.fail("no coin is damaged"));
}

test("coins are answered before, during and after a flush, and changed meanwhile", () => {
  const store = new MemoryStore();
  const cache = cacheOn(store);
  for (const at of [1, 2, 3]) cache.add(outPoint(at), coin(at), false);
  const flush = cache.startFlush(TWO);
  const slice = flush.slice() ?? assert.fail();
  assert.equal(flush.slice(), undefined);
  assert.equal(cache.get(outPoint(1))?.height, 1, "from what is being written");
  cache.spend(outPoint(1));
  cache.add(outPoint(4), coin(4), false);
  assert.equal(cache.get(outPoint(1)), undefined);
  store.apply(slice);
  flush.done();
  assert.deepEqual(cache.durableHead, TWO);
  assert.deepEqual(readCoinsHead(store), { type: "block", hash: TWO });
  assert.equal(cache.get(outPoint(1)), undefined, "spent since");
  assert.equal(cache.get(outPoint(2))?.height, 2, "from the store");
  assert.equal(cache.get(outPoint(4))?.height, 4);
});

test("a coin made and spent between two flushes is never written", () => {
  const cache = cacheOn(new MemoryStore());
  cache.add(outPoint(1), coin(1), false);
  cache.spend(outPoint(1));
  cache.add(outPoint(2), coin(2), true);
  cache.spend(outPoint(2));
  const slice = cache.startFlush(TWO).slice() ?? assert.fail();
  assert.deepEqual(slice.map(({ type, key }) => [type, key[0]]), [["delete", 0x43], ["put", 0x42]]);
});

test("a large flush is cut, and the store says between which heads it is until the last slice", () => {
  const store = new MemoryStore();
  const cache = cacheOn(store);
  const count = 2 * FLUSH_SLICE_COINS + 1;
  for (let at = 0; at < count; at++) cache.add(outPoint(at), coin(at), false);
  const flush = cache.startFlush(TWO);
  const heads: (string | undefined)[] = [];
  for (let slice = flush.slice(); slice !== undefined; slice = flush.slice()) {
    assert.ok(slice.length <= FLUSH_SLICE_COINS + 2);
    store.apply(slice);
    heads.push(readCoinsHead(store)?.type);
  }
  assert.deepEqual(heads, ["between", "between", "block"]);
  assert.equal(store.size, count + 1);
});

/** Blocks that each make a thousand coins. */
function wideBlocks(tree: BlockTree, count: number): readonly BlockNode[] {
  const nodes = [...tree.grow(tree.genesis, 3)];
  for (let at = 0; at < count; at++) {
    const spend = spendAnyone([coinbaseOf(nodes[at] as BlockNode)], 0, 1000);
    nodes.push(tree.extend(nodes.at(-1) as BlockNode, { transactions: [spend] }));
  }
  return nodes;
}

test("the budget of the cache is kept, though the disk is slow", () => {
  const nodes = wideBlocks(new BlockTree(QUICK_MATURITY), 12);
  const budget = 600 * 1024;
  // One block's coins take about 200 kB in a table that has just doubled.
  const blockBytes = 300 * 1024;
  const harness = new ChainHarness({ params: QUICK_MATURITY, coinsCacheBytes: budget });
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
  for (let turn = 0; !harness.chain.isIdle; turn++) {
    if (!harness.chain.work() && !harness.verifyOne()) harness.acknowledge();
    assert.ok(turn < 10_000, "it comes to an end");
  }
  assert.equal(harness.height, nodes.length);
  // Told of each new tip, when it is at its most.
  const sizes = harness.log.flatMap((line) => /^UpdateTip: .* cache=([0-9.]+)MiB/.exec(line)?.[1] ?? []);
  const most = Math.max(...sizes.map(Number)) * 1024 * 1024;
  assert.ok(most > budget / 2 && most <= budget + blockBytes, `${most} bytes`);
  assert.ok(harness.disk.coins.size > 5000, "coins were written without being asked to");
});

test("an hour after the last flush the next block brings one", () => {
  const tree = new BlockTree(QUICK_MATURITY);
  const [one, two] = tree.grow(tree.genesis, 2);
  const harness = new ChainHarness({ params: QUICK_MATURITY });
  harness.chain.addBlock((one ?? assert.fail()).block, { requested: true });
  harness.settle();
  assert.equal(harness.disk.coins.size, 0);
  harness.now += 60 * 60;
  harness.chain.addBlock((two ?? assert.fail()).block, { requested: true });
  harness.settle();
  assert.equal(harness.disk.coins.size, 3, "two coins and the head");
});

test("each flush is told when it is done, also one that was asked for during another", () => {
  const harness = new ChainHarness({ params: QUICK_MATURITY }).settle();
  const told: string[] = [];
  harness.chain.flush(() => told.push("first"));
  harness.chain.flush(() => told.push("second"));
  assert.deepEqual(told, []);
  harness.acknowledge();
  assert.deepEqual(told, ["first"]);
  harness.settle();
  assert.deepEqual(told, ["first", "second"]);
});
