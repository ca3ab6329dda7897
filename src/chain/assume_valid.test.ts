import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import type { ChainSettings } from "./chain_ports.ts";

/** Two weeks of blocks ten minutes apart. */
const BURIED_BLOCKS = 14 * 24 * 6;

const tree = new BlockTree(QUICK_MATURITY);
const base = tree.grow(tree.genesis, 3);
const spend = spendAnyone([coinbaseOf(base[0] as BlockNode)]);
const spending = tree.extend(base[2] as BlockNode, { transactions: [spend] });
const assumed = tree.extend(spending);
const above = [assumed, ...tree.grow(assumed, BURIED_BLOCKS)];

/** Verify jobs for the block that spends, with the first `count` headers above it known. */
function jobsFor(settings: Partial<ChainSettings>, count: number): number {
  const harness = new ChainHarness({ params: QUICK_MATURITY, ...settings });
  harness.chain.addHeaders([...base, spending, ...above.slice(0, count)].map(({ block }) => block.header));
  for (const { block } of [...base, spending]) harness.chain.addBlock(block, { requested: true });
  while (harness.chain.work() || harness.acknowledge());
  return harness.jobs.length;
}

test("scripts are skipped below the assumed block only when it is deeply buried in enough work", () => {
  const assumeValid = assumed.block.hash;
  assert.equal(jobsFor({ assumeValid }, above.length), 0);
  assert.equal(jobsFor({ assumeValid: undefined }, above.length), 1, "nobody vouches");
  assert.equal(jobsFor({ assumeValid }, 0), 1, "the assumed header is not known");
  assert.equal(jobsFor({ assumeValid }, above.length - 2), 1, "too recent");
  assert.equal(jobsFor({ assumeValid, minimumChainWork: 1n << 40n }, above.length), 1, "too little work");
  const below = (base[0] as BlockNode).block.hash;
  assert.equal(jobsFor({ assumeValid: below }, above.length), 1, "it lies above");
});

test("the log says of each block why its scripts are checked, or that they are not, when that changes", () => {
  const assumeValid = (base[1] as BlockNode).block.hash;
  const harness = new ChainHarness({ params: QUICK_MATURITY, assumeValid });
  harness.chain.addHeaders([...base, spending, ...above].map(({ block }) => block.header));
  for (const { block } of [...base, spending]) harness.chain.addBlock(block, { requested: true });
  while (harness.chain.work() || harness.verifyOne() || harness.acknowledge());
  const found = harness.log.filter((line) => line.includes("script verification")).map((line) => {
    return line.replace(/ \([0-9a-f]{64}\)/, "");
  });
  assert.deepEqual(found, [
    "Disabling script verification at block #1.",
    "Enabling script verification at block #3: block height above assumevalid height.",
  ]);
});
