import assert from "node:assert/strict";
import { test } from "node:test";
import { testSize } from "../../test/support/environment.ts";
import { HEIGHT, randomBlock, randomCoins } from "../../test/support/random_blocks.ts";
import { seededRng } from "../base/rng.ts";
import { legacySigops } from "../script/sigops.ts";
import { checkContentsByTheRules } from "./block_rules.ts";
import { isFinal } from "./locktime.ts";
import { isPlainlyFinal, isPlainlyGood, legacySigopsOf } from "./plain_block.ts";

const SEEDS = testSize("TIDINGS_TWIN_SEEDS", 120);

test("what is plainly good keeps all rules, and nearly all random blocks that keep them are plainly good", () => {
  let [good, plain] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rng = seededRng(seed);
    const block = randomBlock(rng, randomCoins(rng, 60));
    const fault = checkContentsByTheRules(block);
    const isPlain = isPlainlyGood(block.layout);
    if (isPlain) assert.equal(fault, undefined, `seed ${seed}`);
    if (fault === undefined) good++;
    if (isPlain) plain++;
  }
  assert.ok(good > SEEDS / 2 && good < SEEDS, `${good} good blocks`);
  assert.ok(plain > 0.98 * good, `${plain} of ${good}`);
});

test("what is plainly final is final, and signature checks are counted as in the transactions", () => {
  let plain = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rng = seededRng(seed);
    const block = randomBlock(rng, randomCoins(rng, 60));
    const isGood = block.transactions.every((transaction) => isFinal(transaction, HEIGHT, 0));
    if (isPlainlyFinal(block.layout, HEIGHT, 0)) {
      plain++;
      assert.ok(isGood, `seed ${seed}`);
    }
    const sigops = block.transactions.reduce((sum, transaction) => sum + legacySigops(transaction), 0);
    assert.equal(legacySigopsOf(block.layout), sigops, `seed ${seed}`);
  }
  assert.ok(plain > SEEDS / 2 && plain < SEEDS, `${plain} plainly final blocks`);
});
