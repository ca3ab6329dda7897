import assert from "node:assert/strict";
import { test } from "node:test";
import { type BlockNode, BlockTree, QUICK_MATURITY } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { MAIN } from "../params/main.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { hashLiteral } from "../primitives/hash.ts";
import { BIP34_IMPLIES_BIP30_BELOW, forbidsOverwrite, repeatsCoinbase } from "./duplicate_coinbases.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/** As much of a header index as is asked: one block, and the block at BIP34's height below it. */
function indexOf(height: number, hash: BlockHash, atBip34: BlockHash): HeaderIndex {
  const [id, below] = [1 as BlockId, 2 as BlockId];
  return {
    height: () => height,
    hash: (of: BlockId) => (of === id ? hash : atBip34),
    ancestor: (_: BlockId, at: number) => (at <= height ? below : undefined),
  } as unknown as HeaderIndex;
}

const ID = 1 as BlockId;
const ANY = hashLiteral<BlockHash>("00".repeat(31) + "07");
const BIP34_HASH = MAIN.deployments.bip34Hash as BlockHash;

const REPEATS = [
  [91_842, "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec"],
  [91_880, "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721"],
] as const;

for (const [height, text] of REPEATS) {
  test(`main's block ${height} may make its coinbase's coins again, and no other block of that height`, () => {
    const hash = hashLiteral<BlockHash>(text);
    assert.equal(forbidsOverwrite(indexOf(height, hash, ANY), ID, MAIN), false);
    assert.equal(repeatsCoinbase(indexOf(height, hash, ANY), ID), true);
    assert.equal(forbidsOverwrite(indexOf(height, ANY, ANY), ID, MAIN), true);
    assert.equal(forbidsOverwrite(indexOf(height + 1, hash, ANY), ID, MAIN), true);
  });
}

// The first of each pair, whose coins were lost, broke no rule: there was nothing to overwrite.
for (const height of [91_722, 91_812]) {
  test(`main's block ${height} is searched like any other`, () => {
    assert.equal(forbidsOverwrite(indexOf(height, ANY, ANY), ID, MAIN), true);
  });
}

test("on main, coins need not be searched for from BIP34 on, until its heights may repeat", () => {
  const forbids = (height: number, atBip34: BlockHash) => forbidsOverwrite(indexOf(height, ANY, atBip34), ID, MAIN);
  const { bip34Height } = MAIN.deployments;
  assert.equal(forbids(bip34Height, BIP34_HASH), true);
  assert.equal(forbids(bip34Height + 1, BIP34_HASH), false);
  assert.equal(forbids(bip34Height + 1, ANY), true, "another chain");
  assert.equal(forbids(BIP34_IMPLIES_BIP30_BELOW - 1, BIP34_HASH), false);
  assert.equal(forbids(BIP34_IMPLIES_BIP30_BELOW, BIP34_HASH), true);
});

test("the search is left out on the chain that params name, and on no other", () => {
  const tree = new BlockTree(QUICK_MATURITY);
  const [base, other] = [tree.grow(tree.genesis, 4), tree.grow(tree.genesis, 4)];
  const { chain } = new ChainHarness({ params: QUICK_MATURITY });
  for (const nodes of [base, other]) chain.addHeaders(nodes.map(({ block }) => block.header));
  const bip34Hash = (base[1] as BlockNode).block.hash;
  const params = { ...QUICK_MATURITY, deployments: { ...QUICK_MATURITY.deployments, bip34Height: 2, bip34Hash } };
  const forbids = (node: BlockNode | undefined, rules = params): boolean => {
    const id = chain.headers.find((node ?? assert.fail()).block.hash) ?? assert.fail();
    return forbidsOverwrite(chain.headers, id, rules);
  };
  assert.equal(forbids(base[2]), false);
  assert.equal(forbids(base[1]), true, "BIP34 is not yet in force before it");
  assert.equal(forbids(other[2]), true, "another chain");
  assert.equal(forbids(base[2], QUICK_MATURITY as typeof params), true, "none is named");
});
