import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { shuffle, seededRng } from "../base/rng.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { violation } from "../consensus/rule_violation.ts";

const PARAMS = QUICK_MATURITY;

/** A tree of blocks; most spend the coinbase two before them, and some at once what that made. */
function randomTree(choices: readonly number[]): readonly BlockNode[] {
  const tree = new BlockTree(PARAMS);
  const nodes: BlockNode[] = [tree.genesis];
  for (const choice of choices) {
    const parent = nodes[Math.max(0, nodes.length - 1 - (choice % 4 === 0 ? choice % 9 : 0))] as BlockNode;
    const transactions: Transaction[] = [];
    const mature = parent.parent;
    if (choice % 3 !== 0 && mature !== undefined && mature.height > 0) {
      const spend = spendAnyone([coinbaseOf(mature)], 10, 2);
      transactions.push(spend);
      const value = spend.outputs[0]?.value ?? 0;
      const made = { outPoint: { txid: spend.txid, index: 0 }, value };
      if (choice % 5 === 0) transactions.push(spendAnyone([made], 0));
    }
    nodes.push(tree.extend(parent, { transactions, fees: transactions.length > 0 ? 10 : 0 }));
  }
  return nodes;
}

function branchOf(node: BlockNode): readonly BlockNode[] {
  const branch: BlockNode[] = [];
  for (let at: BlockNode | undefined = node; at.parent !== undefined; at = at.parent) branch.unshift(at);
  return branch;
}

/** The coins after connecting only `node` and what comes before it. */
function replayed(node: BlockNode): readonly string[] {
  const naive = new ChainHarness({ params: PARAMS });
  for (const { block } of branchOf(node)) naive.chain.addBlock(block, { requested: true });
  naive.settle();
  assert.equal(naive.tipHash, displayHash(node.block.hash));
  return naive.coinsOnDisk();
}

const trees = fc.array(fc.nat(1000), { minLength: 1, maxLength: 25 });

test("whatever order blocks arrive in, the tip is a highest one and its coins are those of a replay", () => {
  fc.assert(fc.property(trees, fc.nat(), (choices, seed) => {
    const nodes = randomTree(choices);
    const harness = new ChainHarness({ params: PARAMS });
    harness.chain.addHeaders(nodes.slice(1).map(({ block }) => block.header));
    const order = shuffle(seededRng(seed), nodes.slice(1));
    for (const [at, { block }] of order.entries()) {
      assert.equal(harness.chain.addBlock(block, { requested: true }).type, "accepted");
      // At times everything is connected before the next block, at times nothing.
      if (at % 3 === 0) harness.settle();
      else harness.chain.work();
    }
    harness.settle();
    const highest = Math.max(...nodes.map(({ height }) => height));
    assert.equal(harness.height, highest);
    const tip = nodes.find(({ block }) => displayHash(block.hash) === harness.tipHash);
    assert.ok(tip !== undefined);
    assert.deepEqual(harness.coinsOnDisk(), replayed(tip));
    checkEvents(harness);
  }), { numRuns: 25 });
});

/** Connects and disconnects fit each other, and each step says truly where it came from. */
function checkEvents({ events, chain }: ChainHarness): void {
  const { headers } = chain;
  let tip = headers.ancestor(chain.tip, 0);
  let told = tip;
  for (const event of events) {
    if (event.type === "block-connected") {
      assert.equal(headers.previous(event.id), tip);
      tip = event.id;
    } else if (event.type === "block-disconnected") {
      assert.equal(event.id, tip);
      tip = headers.previous(event.id);
    } else if (event.type === "tip-changed") {
      assert.equal(event.from, told);
      assert.equal(event.to, tip);
      assert.equal(event.fork, headers.lastCommonAncestor(event.from, event.to));
      assert.ok(headers.compareWork(event.to, event.from) > 0, "each step ends at more work");
      told = event.to;
    }
  }
  assert.equal(tip, chain.tip);
}

test("of two chains with equal work the first one seen is kept", () => {
  const tree = new BlockTree(PARAMS);
  const [one, other] = [tree.extend(tree.genesis), tree.extend(tree.genesis)];
  for (const [first, second] of [[one, other], [other, one]] as const) {
    const harness = new ChainHarness({ params: PARAMS });
    harness.chain.addBlock(first.block, { requested: true });
    harness.chain.addBlock(second.block, { requested: true });
    harness.settle();
    assert.equal(harness.tipHash, displayHash(first.block.hash));
    const again = harness.restart().settle();
    assert.equal(again.tipHash, displayHash(first.block.hash));
  }
});

test("a longer chain with a bad block is not followed, nothing moves, and its blocks are marked", () => {
  const tree = new BlockTree(PARAMS);
  const ours = tree.grow(tree.genesis, 3);
  const good = tree.extend(tree.genesis);
  const bad = tree.extend(good, { fees: 1 });
  const theirs = [good, bad, ...tree.grow(bad, 4)];
  const harness = new ChainHarness({ params: PARAMS });
  for (const { block } of ours) harness.chain.addBlock(block, { requested: true });
  harness.settle();
  const before = harness.events.length;
  for (const [source, { block }] of theirs.entries()) harness.chain.addBlock(block, { requested: true, source });
  harness.settle();
  assert.equal(harness.tipHash, displayHash((ours[2] as BlockNode).block.hash));
  const after = harness.events.slice(before);
  assert.ok(after.every(({ type }) => type === "block-checked" || type === "header-accepted"));
  const verdicts = after.flatMap((event) => event.type === "block-checked" ? [event] : []);
  assert.deepEqual(verdicts.map(({ violation, source }) => [source, violation?.rule]), [
    [1, "bad-cb-amount"], [2, "bad-prevblk"], [3, "bad-prevblk"], [4, "bad-prevblk"], [5, "bad-prevblk"],
    [0, undefined],
  ]);
  const { headers } = harness.chain;
  assert.deepEqual(theirs.map(({ block }) => headers.isInvalid(headers.find(block.hash) ?? assert.fail())), [
    false, true, true, true, true, true,
  ]);
  const logged = "Block validation error: bad-cb-amount, coinbase pays too much";
  assert.ok(harness.log.some((line) => line.startsWith(logged)));
  assert.deepEqual(harness.chain.tips().map(({ status, branchLength }) => [status, branchLength]), [
    ["invalid", 6], ["active", 0],
  ]);
});

test("bad scripts are found by the verify job, and the block before stays the tip", () => {
  const tree = new BlockTree(PARAMS);
  const nodes = tree.grow(tree.genesis, 3);
  const spend = spendAnyone([coinbaseOf(nodes[0] as BlockNode)], 0);
  const spending = tree.extend(nodes[2] as BlockNode, { transactions: [spend] });
  const harness = new ChainHarness({ params: PARAMS });
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
  harness.settle();
  harness.chain.addBlock(spending.block, { requested: true, source: 7 });
  while (harness.chain.work() || harness.acknowledge());
  assert.equal(harness.jobs.length, 1);
  assert.equal(harness.jobs[0]?.job.inputCount, 1);
  assert.equal(harness.height, 3);
  harness.verifyOne(violation("block-script-verify-flag-failed (OP_RETURN was encountered)"));
  harness.settle();
  assert.equal(harness.height, 3);
  assert.deepEqual(harness.events.at(-1), {
    type: "block-checked",
    hash: spending.block.hash,
    violation: violation("block-script-verify-flag-failed (OP_RETURN was encountered)"),
    source: 7,
  });
  const again = harness.chain.addBlock(spending.block, { requested: true });
  assert.equal(again.type === "invalid" && again.violation.rule, "duplicate-invalid");
});

test("blocks behind the one being verified are prepared meanwhile", () => {
  const tree = new BlockTree(PARAMS);
  const nodes = [...tree.grow(tree.genesis, 3)];
  for (let at = 0; at < 6; at++) {
    const spend = spendAnyone([coinbaseOf(nodes[at] as BlockNode)], 0);
    nodes.push(tree.extend(nodes.at(-1) as BlockNode, { transactions: [spend] }));
  }
  const harness = new ChainHarness({ params: PARAMS });
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
  while (harness.chain.work() || harness.acknowledge());
  assert.equal(harness.height, 3);
  assert.equal(harness.jobs.length, 4);
  // Verdicts may come in any order; blocks are connected in theirs.
  harness.jobs.reverse();
  harness.verifyOne();
  while (harness.chain.work());
  assert.equal(harness.height, 3);
  harness.settle();
  assert.equal(harness.height, 9);
});

test("a better chain that appears while a block is being verified wins", () => {
  const tree = new BlockTree(PARAMS);
  const nodes = tree.grow(tree.genesis, 3);
  const spend = spendAnyone([coinbaseOf(nodes[0] as BlockNode)], 0);
  const spending = tree.extend(nodes[2] as BlockNode, { transactions: [spend] });
  const rival = tree.grow(nodes[2] as BlockNode, 2);
  const harness = new ChainHarness({ params: PARAMS });
  for (const { block } of [...nodes, spending]) harness.chain.addBlock(block, { requested: true });
  while (harness.chain.work() || harness.acknowledge());
  for (const { block } of rival) harness.chain.addBlock(block, { requested: true });
  while (harness.chain.work() || harness.acknowledge());
  assert.equal(harness.tipHash, displayHash((rival[1] as BlockNode).block.hash));
  assert.equal(harness.jobs.length, 1, "its verdict is still out");
  harness.settle();
  assert.equal(harness.tipHash, displayHash((rival[1] as BlockNode).block.hash));
  assert.deepEqual(harness.coinsOnDisk(), replayed(rival[1] as BlockNode));
});
