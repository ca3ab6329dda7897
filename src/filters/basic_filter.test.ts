import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../base/bytes.ts";
import { REGTEST } from "../params/regtest.ts";
import { displayHash } from "../primitives/hash.ts";
import { basicFilter } from "../../test/support/basic_filter.ts";
import { skipWithoutShared } from "../../test/support/paths.ts";
import { ANYONE, BlockTree } from "../../test/support/blocks.ts";
import { BLOCK_FILTERS } from "../../test/vectors/filter_vectors.ts";
import { sharedCases } from "../../test/vectors/vector_files.ts";
import { failuresOf } from "../../test/vectors/vector_format.ts";
import { filterHash, filterHeader, FIRST_FILTER_HEADER, readBasicFilter } from "./basic_filter.ts";

test("the published blocks have the published filters and headers", { skip: skipWithoutShared }, () => {
  const cases = sharedCases(BLOCK_FILTERS, "core/blockfilters.json");
  assert.ok(cases.length > 5);
  assert.deepEqual(failuresOf(cases), []);
});

test("the filter of regtest's genesis block, and its header, are those of every other node", () => {
  const filter = basicFilter(REGTEST.genesis, []);
  assert.equal(toHex(filter), "014756c0");
  const header = filterHeader(filterHash(filter), FIRST_FILTER_HEADER);
  // As bitcoind answers getblockfilter for regtest's block 0.
  assert.equal(displayHash(header), "485e301e4509d7f0d954bf5b529f3ecef68c5191fd0e635f775c1d0266dc5a2b");
});

test("a filter has the scripts that a block makes and spends, but no empty one, and none that burns", () => {
  const tree = new BlockTree();
  const { block } = tree.extend(tree.genesis);
  const made = block.transactions[0]?.outputs ?? [];
  const filter = readBasicFilter(basicFilter(block, [ANYONE, new Uint8Array(0), ANYONE]), block.hash);
  const burning = made.filter(({ script }) => script[0] === 0x6a);
  assert.equal(filter.count, made.length - burning.length + 1);
  assert.ok(filter.matches(ANYONE));
});

test("a header commits to the filter and to the header before it", () => {
  const hash = filterHash(Uint8Array.of(0));
  const first = filterHeader(hash, FIRST_FILTER_HEADER);
  const second = filterHeader(hash, first);
  assert.notDeepEqual(first, second);
  assert.notDeepEqual(filterHeader(filterHash(Uint8Array.of(1)), FIRST_FILTER_HEADER), first);
});
