import assert from "node:assert/strict";
import { test } from "node:test";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { MONEY_MAX } from "../primitives/amount.ts";
import { blockSubsidy } from "./subsidy.ts";

test("the subsidy halves every 210,000 blocks on main, every 150 on regtest", () => {
  assert.equal(blockSubsidy(0, MAIN), 50e8);
  assert.equal(blockSubsidy(209_999, MAIN), 50e8);
  assert.equal(blockSubsidy(210_000, MAIN), 25e8);
  assert.equal(blockSubsidy(840_000, MAIN), 3.125e8);
  assert.equal(blockSubsidy(150, REGTEST), 25e8);
});

test("it ends after 33 halvings, and stays ended however long the chain", () => {
  assert.equal(blockSubsidy(33 * 210_000 - 1, MAIN), 1);
  assert.equal(blockSubsidy(33 * 210_000, MAIN), 0);
  assert.equal(blockSubsidy(64 * 210_000, MAIN), 0);
  assert.equal(blockSubsidy(2 ** 31, MAIN), 0);
});

test("all of it together is 2,099,999,997,690,000 satoshi, less than there may be", () => {
  let total = 0;
  for (let halving = 0; halving < 64; halving++) total += 210_000 * blockSubsidy(halving * 210_000, MAIN);
  assert.equal(total, 2_099_999_997_690_000);
  assert.ok(total < MONEY_MAX);
});
