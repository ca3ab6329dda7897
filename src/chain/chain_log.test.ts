import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockTree } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { REGTEST } from "../params/regtest.ts";
import { headerProgress, verificationProgress } from "./chain_log.ts";

const BLOCKS = 8;
const { work } = REGTEST;

/** Blocks of one transaction each, of which half are here: five transactions with that of genesis. */
function chain(params: ChainParams) {
  const harness = new ChainHarness({ params });
  const tree = new BlockTree(params);
  const blocks = tree.grow(tree.genesis, BLOCKS).map(({ block }) => block);
  harness.chain.addHeaders(blocks.map(({ header }) => header));
  for (const block of blocks.slice(0, BLOCKS / 2)) harness.chain.addBlock(block, { requested: true });
  harness.settle();
  const { headers, tip, bestHeader } = harness.chain;
  return {
    time: headers.time(tip),
    progress: (now: number) => verificationProgress(headers, tip, bestHeader, now, params),
  };
}

test("where transactions were counted, progress is the share of those that there should be by now", () => {
  const counted = { ...REGTEST, transactionCount: { time: 0, count: 10, perSecond: 0.5 } };
  const { progress } = chain(counted);
  assert.equal(progress(0), 5 / 10);
  assert.equal(progress(20), 5 / 20);
});

test("past what was counted, the tip's age tells what is missing, and headers do when it is recent", () => {
  const { progress, time } = chain({ ...REGTEST, transactionCount: { time: 0, count: 4, perSecond: 0.01 } });
  const recent = 5 / (5 + (BLOCKS / 2) * work.targetSpacing * 0.01);
  assert.equal(progress(time), recent);
  assert.equal(progress(time + 7_200), recent);
  assert.equal(progress(time + 10_000), 5 / (5 + 100));
});

test("where nobody counted, it is the share of the headers, and of those that are overdue", () => {
  const { progress, time } = chain({ ...REGTEST, transactionCount: undefined });
  assert.equal(progress(time), 1 / 2);
});

test("how far headers are is told by how many should follow the last one by now", () => {
  assert.equal(headerProgress(300, 0, 700 * work.targetSpacing, work), "~30.00%");
  assert.equal(headerProgress(300, 0, work.targetSpacing - 1, work), "~100.00%");
  assert.equal(headerProgress(300, 7_200, 0, work), "~100.00%");
});
