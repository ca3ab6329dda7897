import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { displayHash } from "../primitives/hash.ts";

const tree = new BlockTree(QUICK_MATURITY);
const settings = { params: QUICK_MATURITY };

test("a new chain is at genesis, and has written it", () => {
  const harness = new ChainHarness(settings).settle();
  assert.equal(harness.height, 0);
  assert.equal(harness.tipHash, displayHash(QUICK_MATURITY.genesis.hash));
  assert.deepEqual(harness.chain.readBlock(harness.chain.tip), QUICK_MATURITY.genesis.bytes);
});

test("blocks are connected in order, whatever the order they come in", () => {
  const nodes = tree.grow(tree.genesis, 5);
  const harness = new ChainHarness(settings);
  harness.chain.addHeaders(nodes.map(({ block }) => block.header));
  for (const at of [2, 0, 4, 1, 3]) {
    const node = nodes[at];
    assert.ok(node !== undefined);
    assert.equal(harness.chain.addBlock(node.block, { requested: true }).type, "accepted");
    harness.settle();
  }
  assert.equal(harness.height, 5);
  const connected = harness.events.filter(({ type }) => type === "block-connected");
  assert.equal(connected.length, 5);
});

test("a block's bytes are on disk before anyone hears that it is connected", () => {
  const [node] = tree.grow(tree.genesis, 1);
  const harness = new ChainHarness(settings).settle();
  assert.ok(node !== undefined);
  harness.chain.addBlock(node.block, { requested: true });
  for (let i = 0; i < 10; i++) harness.chain.work();
  assert.equal(harness.height, 0);
  harness.acknowledge();
  while (harness.chain.work());
  assert.equal(harness.height, 1);
});

test("a spent coinbase is gone, and what it paid for is there", () => {
  const nodes = [...tree.grow(tree.genesis, 3)];
  const [first, , last] = nodes;
  assert.ok(first !== undefined && last !== undefined);
  const spend = spendAnyone([coinbaseOf(first)], 1000);
  nodes.push(tree.extend(last, { transactions: [spend], fees: 1000 }));
  const harness = new ChainHarness(settings);
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
  harness.settle();
  assert.equal(harness.height, 4);
  assert.equal(harness.chain.coin(coinbaseOf(first).outPoint), undefined);
  assert.equal(harness.chain.coin({ txid: spend.txid, index: 0 })?.height, 4);
});
