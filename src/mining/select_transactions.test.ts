import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { MempoolHarness, output, spend, txidOf } from "../../test/support/mempool_harness.ts";
import type { MempoolEntry } from "../mempool/mempool.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { selectTransactions } from "./select_transactions.ts";

const COIN = 10_000_000;
const PLACE = { height: 300, medianTimePast: 2_000_000_000 };

function admitted(world: MempoolHarness, ...transactions: readonly Transaction[]): MempoolEntry[] {
  for (const each of transactions) assert.equal(world.verdict(each), "accepted");
  return [...world.pool.entries()];
}

function chosen(entries: Iterable<MempoolEntry>, place = PLACE): string[] {
  return selectTransactions(entries, place).map(({ transaction }) => txidOf(transaction));
}

test("what pays more per byte comes first, and among equals what came first", () => {
  const world = new MempoolHarness();
  const pays = (fee: number) => spend([world.fund(COIN)], COIN - fee);
  const [low, high, twin] = [pays(100), pays(900), pays(100)];
  assert.deepEqual(chosen(admitted(world, low, high, twin)), [high, low, twin].map(txidOf));
});

test("a child that pays for its parent brings it along, ahead of a stranger that pays less than both", () => {
  const world = new MempoolHarness();
  const parent = spend([world.fund(COIN)], COIN - 10);
  const child = spend([output(parent)], COIN - 10 - 2_000);
  const stranger = spend([world.fund(COIN)], COIN - 500);
  assert.deepEqual(chosen(admitted(world, parent, stranger, child)), [parent, child, stranger].map(txidOf));
});

test("a child counts for itself once its parent is in", () => {
  const world = new MempoolHarness();
  const parent = spend([world.fund(COIN)], COIN - 5_000, { outputs: 2 });
  const child = spend([output(parent)], COIN / 2 - 2_500 - 50);
  const middle = spend([world.fund(COIN)], COIN - 500);
  assert.deepEqual(chosen(admitted(world, parent, child, middle)), [parent, middle, child].map(txidOf));
});

test("what is not final in the block stays out, with its children", () => {
  const world = new MempoolHarness();
  const locked = spend([world.fund(COIN)], COIN - 500, { locktime: 200, sequence: 0 });
  const child = spend([output(locked)], COIN - 5_000);
  const entries = admitted(world, locked, child);
  assert.deepEqual(chosen(entries, { height: 200, medianTimePast: 0 }), []);
  assert.deepEqual(chosen(entries, { height: 201, medianTimePast: 0 }), [locked, child].map(txidOf));
});

/** Entries made up, so that they may be as heavy as one likes. */
function madeUp(weights: readonly { weight: number; fee: number; sigopCost: number }[]): MempoolEntry[] {
  return weights.map(({ weight, fee, sigopCost }, at) => {
    const real = spend([{ txid: new Uint8Array(32).fill(at + 1) as Transaction["txid"], index: 0 }], 1);
    const transaction = Object.create(real, { weight: { value: weight } }) as Transaction;
    Object.defineProperty(transaction, "txid", { value: real.txid });
    const vsize = Math.ceil(weight / 4);
    return {
      transaction, fee: fee as Sats, modifiedFee: fee, vsize, sigopCost, time: 0, height: 0, sequence: at + 1, usage: 0,
      dependsOnTip: false,
      scriptFlags: 0,
    };
  });
}

test("a block's weight and signature costs are kept, and what pays nothing stays out", () => {
  const heavy = { weight: 399_000, fee: 1_000, sigopCost: 0 };
  assert.equal(selectTransactions(madeUp(Array(12).fill(heavy)), PLACE).length, 10);
  const costly = { weight: 4_000, fee: 1_000, sigopCost: 16_000 };
  assert.equal(selectTransactions(madeUp(Array(12).fill(costly)), PLACE).length, 4);
  assert.equal(selectTransactions(madeUp([{ weight: 4_000, fee: 0, sigopCost: 0 }]), PLACE).length, 0);
  assert.equal(selectTransactions(madeUp([{ weight: 4_000, fee: 1, sigopCost: 0 }]), PLACE).length, 1);
});

/** The same choice by the book: all packages weighed anew each time. */
function naiveSelection(entries: readonly MempoolEntry[]): string[] {
  const taken: MempoolEntry[] = [];
  const byTxid = new Map(entries.map((entry) => [txidOf(entry.transaction), entry]));
  const family = (entry: MempoolEntry): Set<MempoolEntry> => {
    const found = new Set([entry]);
    for (const each of found) {
      for (const { prevout } of each.transaction.inputs) {
        const parent = byTxid.get(txidOf({ txid: prevout.txid } as Transaction));
        if (parent !== undefined && !taken.includes(parent)) found.add(parent);
      }
    }
    return found;
  };
  const sum = (
    all: Iterable<MempoolEntry>,
    of: (entry: MempoolEntry) => number,
  ) => [...all].reduce((s, e) => s + of(e), 0);
  for (;;) {
    const offers = entries.filter((entry) => !taken.includes(entry)).map((entry) => {
      const members = family(entry);
      return {
        entry,
        members,
        rate: sum(members, ({ fee }) => fee) / sum(members, (each) => each.transaction.weight),
      };
    });
    const [best] = offers.sort((a, b) => b.rate - a.rate || a.entry.sequence - b.entry.sequence);
    if (best === undefined) return taken.map(({ transaction }) => txidOf(transaction));
    taken.push(...[...best.members].sort((a, b) => a.sequence - b.sequence));
  }
}

test("the choice is that of weighing all packages anew each time, and parents come first", () => {
  const step = fc.record(
    { picks: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }), fee: fc.integer({ min: 60, max: 3_000 }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const world = new MempoolHarness();
      const free = Array.from({ length: 8 }, () => ({ outPoint: world.fund(COIN), value: COIN }));
      for (const { picks, fee } of steps) {
        const spent = [
          ...new Set(picks.map((pick) => pick % free.length)),
        ].sort((a, b) => b - a).flatMap((at) => free.splice(at, 1));
        const total = spent.reduce((all, { value }) => all + value, 0) - fee;
        const made = spend(spent.map(({ outPoint }) => outPoint), total, { outputs: 2 });
        assert.equal(world.verdict(made), "accepted");
        made.outputs.forEach(({ value }, index) => free.push({ outPoint: output(made, index), value }));
      }
      const entries = [...world.pool.entries()];
      assert.deepEqual(chosen(entries), naiveSelection(entries));
    }),
    { numRuns: 80 },
  );
});
