import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { violation } from "../consensus/rule_violation.ts";
import { regtestWith } from "../params/regtest.ts";
import { displayHash } from "../primitives/hash.ts";
import type { BlockId } from "./header_index.ts";

const PARAMS = QUICK_MATURITY;

function harnessWith(nodes: readonly BlockNode[]): ChainHarness {
  const harness = new ChainHarness({ params: PARAMS });
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
  return harness.settle();
}

function idOf({ chain }: ChainHarness, { block }: BlockNode): BlockId {
  return chain.headers.find(block.hash) ?? assert.fail("the block is known");
}

/** Does it, and lets everything come to rest; it must have said that it is done. */
function control(harness: ChainHarness, name: "invalidate" | "reconsider" | "prefer", node: BlockNode): void {
  let isDone = false;
  harness.chain[name](idOf(harness, node), () => {
    isDone = true;
  });
  harness.settle();
  assert.ok(isDone, `${name} comes to its end`);
}

function assertTip(harness: ChainHarness, node: BlockNode | undefined): void {
  assert.equal(harness.tipHash, displayHash((node ?? assert.fail()).block.hash));
}

/** The coins after connecting only `node` and what comes before it. */
function replayed(node: BlockNode): readonly string[] {
  const branch: BlockNode[] = [];
  for (let at: BlockNode | undefined = node; at?.parent !== undefined; at = at.parent) branch.unshift(at);
  return harnessWith(branch).coinsOnDisk();
}

test("an invalidated block is left for the best chain without it, and comes back when it is reconsidered", () => {
  const tree = new BlockTree(PARAMS);
  const ours = tree.grow(tree.genesis, 5);
  const rival = tree.grow(ours[0] as BlockNode, 2);
  const harness = harnessWith([...ours, ...rival]);
  control(harness, "invalidate", ours[1] as BlockNode);
  assertTip(harness, rival[1]);
  assert.equal(harness.chain.bestHeader, harness.chain.tip);
  assert.deepEqual(harness.chain.tips().map(({ status }) => status), ["invalid", "active"]);
  const line = harness.log.find((text) => text.startsWith("InvalidChainFound: invalid block="));
  assert.ok(line?.includes(displayHash((ours[1] as BlockNode).block.hash)));
  const refused = harness.chain.addBlock(tree.extend(ours[4] as BlockNode).block, { requested: true });
  assert.equal(refused.type === "invalid" && refused.violation.rule, "bad-prevblk");
  control(harness, "invalidate", rival[0] as BlockNode);
  assertTip(harness, ours[0]);
  control(harness, "reconsider", ours[3] as BlockNode);
  assertTip(harness, ours[4]);
  assert.deepEqual(harness.coinsOnDisk(), replayed(ours[4] as BlockNode));
});

test("a block that breaks a rule is found bad again when it is reconsidered", () => {
  const tree = new BlockTree(PARAMS);
  const ours = tree.grow(tree.genesis, 1);
  const bad = tree.extend(ours[0] as BlockNode, { fees: 1 });
  const harness = harnessWith([...ours, bad]);
  control(harness, "reconsider", bad);
  assertTip(harness, ours[0]);
  assert.ok(harness.chain.headers.isInvalid(idOf(harness, bad)));
});

test("genesis cannot be invalidated, and invalidating twice changes nothing more", () => {
  const tree = new BlockTree(PARAMS);
  const nodes = tree.grow(tree.genesis, 2);
  const harness = harnessWith(nodes);
  control(harness, "invalidate", tree.genesis);
  assertTip(harness, nodes[1]);
  control(harness, "invalidate", nodes[1] as BlockNode);
  control(harness, "invalidate", nodes[1] as BlockNode);
  assertTip(harness, nodes[0]);
});

test("whatever is invalidated and reconsidered, the tip is a highest valid one, also after a restart", () => {
  const choices = fc.array(fc.nat(1000), { minLength: 4, maxLength: 14 });
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(1000)), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(choices, steps, (shape, operations) => {
    const nodes = randomTree(shape);
    let harness = harnessWith(nodes.slice(1));
    const invalid = new Set<BlockNode>();
    for (const [at, [isInvalidation, choice]] of operations.entries()) {
      const node = nodes[1 + (choice % (nodes.length - 1))] as BlockNode;
      for (const each of nodes) {
        if (isInvalidation && isFrom(each, node)) invalid.add(each);
        if (!isInvalidation && (isFrom(each, node) || isFrom(node, each))) invalid.delete(each);
      }
      control(harness, isInvalidation ? "invalidate" : "reconsider", node);
      if (at % 2 === 1) harness = harness.restart().settle();
      checkTip(harness, nodes, invalid);
    }
    const tip = nodes.find(({ block }) => displayHash(block.hash) === harness.tipHash);
    assert.deepEqual(harness.coinsOnDisk(), replayed(tip ?? assert.fail()));
  }), { numRuns: 15 });
});

function randomTree(shape: readonly number[]): readonly BlockNode[] {
  const tree = new BlockTree(PARAMS);
  const nodes: BlockNode[] = [tree.genesis];
  for (const choice of shape) {
    const parent = nodes[Math.max(0, nodes.length - 1 - (choice % 3 === 0 ? choice % 7 : 0))] as BlockNode;
    const mature = parent.parent;
    const spends = choice % 2 === 0 && mature !== undefined && mature.height > 0;
    const transactions = spends ? [spendAnyone([coinbaseOf(mature)], 0)] : [];
    nodes.push(tree.extend(parent, { transactions }));
  }
  return nodes;
}

function isFrom(node: BlockNode, ancestor: BlockNode): boolean {
  for (let at: BlockNode | undefined = node; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

function checkTip(harness: ChainHarness, nodes: readonly BlockNode[], invalid: ReadonlySet<BlockNode>): void {
  const highest = Math.max(...nodes.filter((node) => !invalid.has(node)).map(({ height }) => height));
  assert.equal(harness.height, highest);
  for (const node of nodes) assert.equal(harness.chain.headers.isInvalid(idOf(harness, node)), invalid.has(node));
  assert.equal(harness.chain.headers.height(harness.chain.bestHeader), highest);
}

test("a long invalid chain is left in parts, each of them told, and a kill on the way loses nothing", () => {
  const tree = new BlockTree(PARAMS);
  const nodes = tree.grow(tree.genesis, 300);
  const harness = harnessWith(nodes);
  const isStep = ({ type }: { readonly type: string }): boolean => type === "tip-changed";
  const before = harness.events.filter(isStep).length;
  harness.chain.invalidate(idOf(harness, nodes[0] as BlockNode), () => {});
  while (harness.height > 200) assert.ok(harness.chain.work());
  assert.ok(harness.height > 0, "not all at once");
  const killed = new ChainHarness({ params: PARAMS }, harness.disk);
  killed.settle();
  harness.settle();
  assert.equal(harness.height, 0);
  assert.ok(harness.events.filter(isStep).length - before >= 4);
  assert.ok(killed.height === 0 || killed.height === 300, `${killed.height}`);
  assert.deepEqual(harness.coinsOnDisk(), []);
});

test("where undo data is pruned, an invalidation ends without getting there, and says so in the log", () => {
  const params = regtestWith({ fastPrune: true });
  const tree = new BlockTree(params);
  const nodes = tree.grow(tree.genesis, 400);
  const harness = new ChainHarness({ params, blockFileBytes: 8 * 1024, pruneTarget: 16 * 1024 });
  for (const { block } of nodes) {
    harness.chain.addBlock(block, { requested: true });
    harness.settle();
  }
  assert.ok(harness.chain.prunedBelow > 1);
  control(harness, "invalidate", nodes[0] as BlockNode);
  assert.ok(harness.height < 400 && harness.chain.headers.isInvalid(harness.chain.tip));
  assert.ok(harness.log.some((line) => line.includes("cannot be followed")));
  control(harness, "reconsider", nodes[0] as BlockNode);
  assert.equal(harness.height, 400);
});

test("of chains with equal work the preferred one is taken, the last call counting most", () => {
  const tree = new BlockTree(PARAMS);
  const [one, other, third] = [tree.extend(tree.genesis), tree.extend(tree.genesis), tree.extend(tree.genesis)];
  const harness = harnessWith([one, other, third]);
  assertTip(harness, one);
  for (const node of [other, third, one, other]) {
    control(harness, "prefer", node);
    assertTip(harness, node);
  }
  const longer = tree.extend(one);
  harness.chain.addBlock(longer.block, { requested: true });
  harness.settle();
  assertTip(harness, longer);
  control(harness, "prefer", other);
  assertTip(harness, longer);
});

test("a block under way when it is invalidated is refused, whoever waits for it hears so", () => {
  const tree = new BlockTree(PARAMS);
  const nodes = tree.grow(tree.genesis, 3);
  const harness = harnessWith(nodes);
  const spending = tree.extend(nodes[2] as BlockNode, {
    transactions: [spendAnyone([coinbaseOf(nodes[0] as BlockNode)], 0)],
  });
  harness.chain.addBlock(spending.block, { requested: true, source: 4 });
  while (harness.chain.work() || harness.acknowledge());
  assert.equal(harness.jobs.length, 1, "its scripts are being verified");
  control(harness, "invalidate", spending);
  assertTip(harness, nodes[2]);
  assert.deepEqual(harness.events.findLast(({ type }) => type === "block-checked"), {
    type: "block-checked", hash: spending.block.hash, violation: violation("bad-prevblk"), source: 4,
  });
});
