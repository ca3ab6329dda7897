import assert from "node:assert/strict";
import { test } from "node:test";
import { MempoolHarness, output, spend } from "../../test/support/mempool_harness.ts";
import { MONEY_MAX } from "../primitives/amount.ts";
import { displayHash, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { selectTransactions } from "../mining/select_transactions.ts";
import { FeeDeltas } from "./fee_deltas.ts";

const COIN = 10_000_000;
const TXID = new Uint8Array(32).fill(1) as Txid;

function deltasOf(world: MempoolHarness): readonly (readonly [string, number])[] {
  return Array.from(world.pool.feeDeltas, ({ txid, delta }) => [displayHash(txid), delta] as const);
}

function named({ txid }: Transaction): string {
  return displayHash(txid);
}

test("deltas add up, stay within all coins there are, and are forgotten at zero", () => {
  const deltas = new FeeDeltas();
  assert.equal(deltas.of(TXID), 0);
  assert.equal(deltas.add(TXID, 5), 5);
  assert.equal(deltas.add(TXID, 2 ** 53), MONEY_MAX);
  assert.equal(deltas.add(TXID, -MONEY_MAX), 0);
  assert.deepEqual([...deltas.entries()], []);
});

test("a transaction that pays too little is admitted when the operator made up for it", () => {
  const world = new MempoolHarness();
  const cheap = spend([world.fund(COIN)], COIN);
  assert.equal(world.verdict(cheap), "min relay fee not met");
  world.pool.prioritise(cheap.txid, 1_000);
  assert.equal(world.verdict(cheap), "accepted");
  const entry = world.pool.get(cheap.txid) ?? assert.fail();
  assert.deepEqual([entry.fee, entry.modifiedFee], [0, 1_000]);
});

test("a block of ours is made of what counts for most, with what the operator added", () => {
  const world = new MempoolHarness();
  const [low, high] =
    [500, 5_000].map((fee) => spend([world.fund(COIN)], COIN - fee)) as [Transaction, Transaction];
  for (const each of [low, high]) assert.equal(world.verdict(each), "accepted");
  const chosen = (): string[] => {
    const place = { height: 201, medianTimePast: 2_000_000_000 };
    return selectTransactions(world.pool.entries(), place).map(({ transaction }) => named(transaction));
  };
  assert.deepEqual(chosen(), [high, low].map(named));
  world.pool.prioritise(low.txid, 10_000);
  assert.deepEqual(chosen(), [low, high].map(named));
  world.pool.prioritise(high.txid, -5_000);
  assert.deepEqual(chosen(), [named(low)], "what is worth nothing stays out");
});

test("what a family is worth together changes with each member", () => {
  const world = new MempoolHarness({ maxBytes: 1_000_000 });
  const parent = spend([world.fund(COIN)], COIN - 1_000);
  const child = spend([output(parent)], COIN - 3_000);
  for (const each of [parent, child]) assert.equal(world.verdict(each), "accepted");
  const place = { height: 201, medianTimePast: 2_000_000_000 };
  world.pool.prioritise(child.txid, -2_500);
  world.pool.prioritise(parent.txid, -1_000);
  assert.deepEqual(selectTransactions(world.pool.entries(), place), []);
});

test("a delta outlives the transaction's leaving, but not its confirmation", () => {
  const world = new MempoolHarness();
  const transaction = spend([world.fund(COIN)], COIN - 1_000);
  world.pool.prioritise(transaction.txid, 7);
  assert.deepEqual(deltasOf(world), [[named(transaction), 7]]);
  assert.equal(world.verdict(transaction), "accepted");
  world.connect([transaction]);
  assert.deepEqual(deltasOf(world), []);
});
