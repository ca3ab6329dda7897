import assert from "node:assert/strict";
import { test } from "node:test";
import { type BlockNode, BlockTree } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { hashKey } from "../primitives/hash.ts";

/** Blocks by the number under which they are added, and what was told of them so far. */
function world(nodes: readonly BlockNode[], ...before: readonly BlockNode[]) {
  const harness = new ChainHarness();
  harness.chain.addHeaders([...before, ...nodes].map(({ block }) => block.header));
  for (const { block } of before) harness.chain.addBlock(block, { requested: true });
  harness.settle();
  harness.events.length = 0;
  const add = (at: number) => {
    const { block } = nodes[at] ?? assert.fail();
    return harness.chain.addBlock(block, { requested: true, source: at });
  };
  const told = () => harness.events.flatMap((event) => {
    return event.type === "block-checked" ? [[event.source, event.violation?.rule] as const] : [];
  });
  return { harness, add, told };
}

const tree = new BlockTree();

test("a block is judged once all that waited for it is connected, and those that wait are not before", () => {
  const nodes = tree.grow(tree.genesis, 4);
  const { harness, add, told } = world(nodes);
  for (const at of [1, 2, 3]) {
    const verdict = add(at);
    assert.equal(verdict.type === "accepted" && verdict.unlocks, 0);
  }
  harness.settle();
  assert.ok(harness.chain.isIdle);
  assert.deepEqual(told(), []);
  const verdict = add(0);
  assert.equal(verdict.type === "accepted" && verdict.unlocks, 4);
  let heightAtVerdict: number | undefined;
  while (harness.chain.work() || harness.verifyOne() || harness.acknowledge()) {
    if (told().some(([source]) => source === 0)) heightAtVerdict ??= harness.height;
  }
  assert.equal(heightAtVerdict, 4);
  assert.deepEqual(told().map(([source]) => source).sort(), [0, 1, 2, 3]);
});

test("a block that waited for its parents and breaks a rule is told of with its sender", () => {
  const first = tree.extend(tree.genesis);
  const bad = tree.extend(first, { fees: 1 });
  const { harness, add, told } = world([first, bad, tree.extend(bad)]);
  add(2);
  add(1);
  harness.settle();
  assert.deepEqual(told(), []);
  add(0);
  harness.settle();
  assert.equal(harness.height, 1);
  assert.deepEqual(told(), [[1, "bad-cb-amount"], [2, "bad-prevblk"], [0, undefined]]);
});

test("a block on a side chain is judged when there is nothing better to do, or another chain has won", () => {
  const ours = tree.grow(tree.genesis, 3);
  const { harness, add, told } = world([tree.extend(tree.genesis)], ...ours);
  const verdict = add(0);
  assert.equal(verdict.type === "accepted" && verdict.unlocks, 1);
  assert.deepEqual(told(), []);
  harness.settle();
  assert.deepEqual(told(), [[0, undefined]]);
});

test("a block that was left on a side chain is told of again, with its sender, when it turns out bad", () => {
  const ours = tree.grow(tree.genesis, 2);
  const bad = tree.extend(tree.genesis, { fees: 1 });
  const { harness, add, told } = world([bad, ...tree.grow(bad, 2)], ...ours);
  add(0);
  harness.settle();
  assert.deepEqual(told(), [[0, undefined]]);
  add(1);
  add(2);
  harness.settle();
  assert.equal(harness.height, 2);
  const [, ...later] = told();
  assert.deepEqual(later.find(([, rule]) => rule === "bad-cb-amount"), [0, "bad-cb-amount"]);
  assert.equal(later.filter(([source]) => source === 0).length, 1);
});

test("a block that was left on a side chain and came to be connected is told of no more", () => {
  const ours = tree.grow(tree.genesis, 2);
  const side = tree.grow(tree.genesis, 3);
  const { harness, add, told } = world(side, ...ours);
  for (const at of [0, 1, 2]) {
    add(at);
    harness.settle();
  }
  assert.equal(harness.height, 3);
  const before = told().length;
  const first = harness.chain.headers.find((side[0] as BlockNode).block.hash) ?? assert.fail();
  harness.chain.invalidate(first, () => {});
  harness.settle();
  assert.deepEqual(told().slice(before).filter(([source]) => source === 0), []);
});

test("of blocks that wait for the same one, the first to come is the first in line", () => {
  const first = tree.extend(tree.genesis);
  const nodes = [first, tree.extend(first), tree.extend(first)];
  const { harness, add } = world(nodes);
  add(2);
  add(1);
  add(0);
  harness.settle();
  const { headers, tip } = harness.chain;
  assert.equal(hashKey(headers.hash(tip)), hashKey((nodes[2] as BlockNode).block.hash));
});

test("of a side chain of more than a thousand blocks, the senders of the first are forgotten", () => {
  const side = tree.grow(tree.genesis, 1_001);
  const { harness, add, told } = world(side, ...tree.grow(tree.genesis, 1_002));
  side.forEach((_, at) => {
    add(at);
    harness.settle();
  });
  assert.equal(told().length, side.length);
  harness.events.length = 0;
  const { chain } = harness;
  chain.invalidate(chain.headers.find((side[0] as BlockNode).block.hash) ?? assert.fail(), () => {});
  harness.settle();
  const sources = told().map(([source]) => source).sort((a = 0, b = 0) => a - b);
  assert.deepEqual(sources, side.map((_, at) => at).slice(1));
});
