import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import type { ChainSettings } from "./chain_ports.ts";
import { forbidsOverwrite } from "./duplicate_coinbases.ts";

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

test("a search for coins that are there already is left out only on the chain that is vouched for", () => {
  const params = { ...QUICK_MATURITY, deployments: { ...QUICK_MATURITY.deployments, bip34Height: 2 } };
  const harness = new ChainHarness({ params: QUICK_MATURITY });
  const { chain } = harness;
  chain.addHeaders([...base, spending].map(({ block }) => block.header));
  const other = tree.grow(tree.genesis, 3);
  chain.addHeaders(other.map(({ block }) => block.header));
  const assumeValid = spending.block.hash;
  const forbids = (node: BlockNode | undefined, vouched: typeof assumeValid | undefined) => {
    const id = chain.headers.find((node ?? assert.fail()).block.hash) ?? assert.fail();
    return forbidsOverwrite(chain.headers, id, vouched, params);
  };
  assert.equal(forbids(base[2], assumeValid), false);
  assert.equal(forbids(base[1], assumeValid), true, "BIP34 is not yet buried");
  assert.equal(forbids(other[2], assumeValid), true, "another chain");
  assert.equal(forbids(base[2], undefined), true, "nobody vouches");
});
