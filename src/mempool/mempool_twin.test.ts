/**
 * The mempool against a naive twin: a plain list that is searched from end to end each time.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { MempoolHarness, output, spend, txidOf } from "../../test/support/mempool_harness.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint, Transaction } from "../primitives/transaction.ts";
import { feeAt } from "./fee_rate.ts";
import { entryUsage } from "./memory_usage.ts";
import type { MempoolEntry } from "./mempool.ts";

const MAX_BYTES = 24_000;
const COIN = 1_000_000;

interface NaiveEntry {
  readonly transaction: Transaction;
  readonly fee: number;
}

function same(a: OutPoint, b: OutPoint): boolean {
  return a.index === b.index && equalBytes(a.txid, b.txid);
}

function spends(child: Transaction, parent: Transaction): boolean {
  return child.inputs.some(({ prevout }) => equalBytes(prevout.txid, parent.txid));
}

class NaivePool {
  entries: NaiveEntry[] = [];

  has(transaction: Transaction): boolean {
    return this.entries.some((each) => equalBytes(each.transaction.txid, transaction.txid));
  }

  clashes({ inputs }: Transaction): NaiveEntry[] {
    return this.entries.filter((each) => {
      return each.transaction.inputs.some(
        (spent) => inputs.some(({ prevout }) => same(prevout, spent.prevout)),
      );
    });
  }

  descendants(of: NaiveEntry): NaiveEntry[] {
    const found = [of];
    for (const each of found) {
      const children = this.entries.filter(({ transaction }) => spends(transaction, each.transaction));
      found.push(...children.filter((child) => !found.includes(child)));
    }
    return found;
  }

  removeFamily(of: NaiveEntry): void {
    const family = this.descendants(of);
    this.entries = this.entries.filter((each) => !family.includes(each));
  }

  block(transactions: readonly Transaction[]): void {
    for (const transaction of transactions) {
      this.entries = this.entries.filter((each) => !equalBytes(each.transaction.txid, transaction.txid));
      for (const clash of this.clashes(transaction)) this.removeFamily(clash);
    }
  }

  trim(): void {
    while (this.usage > MAX_BYTES) {
      let worst: { rate: number; entry: NaiveEntry } | undefined;
      for (const entry of this.entries) {
        const family = this.descendants(entry);
        const fee = family.reduce((sum, each) => sum + each.fee, 0);
        const rate = fee / family.reduce((sum, each) => sum + each.transaction.vsize, 0);
        if (worst === undefined || rate <= worst.rate) worst = { rate, entry };
      }
      assert.ok(worst !== undefined);
      this.removeFamily(worst.entry);
    }
  }

  get usage(): number {
    return this.entries.reduce((sum, { transaction }) => sum + entryUsage(transaction), 0);
  }
}

type Operation =
  | {
    readonly type: "submit";
    readonly isRival: boolean;
    readonly inputs: readonly number[];
    readonly fee: number;
    readonly outputs: number;
  }
  | { readonly type: "mine"; readonly picks: number; readonly thief: boolean }
  | { readonly type: "undo" };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("submit" as const),
      isRival: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
      inputs: fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
      fee: fc.oneof(fc.integer({ min: 0, max: 4_000 }), fc.constantFrom(200, 400, 800)),
      outputs: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("mine" as const), picks: fc.nat(0xffff), thief: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "undo" as const }) },
);

/** Both pools, on one chain, with every output there ever was to choose from. */
class Twins {
  readonly world = new MempoolHarness({ maxBytes: MAX_BYTES });
  readonly naive = new NaivePool();
  readonly outputs: (OutPoint & { readonly value: number })[] = [];
  readonly blocks: { readonly block: Block; readonly before: ReadonlyMap<string, Coin> }[] = [];

  constructor() {
    for (let i = 0; i < 12; i++) this.outputs.push({ ...this.world.fund(COIN), value: COIN });
  }

  run(step: Operation): void {
    if (step.type === "submit") this.#submit(step);
    else if (step.type === "mine") this.#mine(step.picks, step.thief);
    else this.#undo();
    this.#compare();
  }

  #submit({ inputs, fee, outputs, isRival }: Operation & { type: "submit" }): void {
    // Mostly the newest that no one has spent, so that families grow; a rival takes any there ever was.
    const offered = (isRival ? this.outputs : this.outputs.filter((each) => this.#isFree(each))).toReversed();
    const prevouts = [
      ...new Set(inputs.map((at) => offered[at % offered.length])),
    ].filter((each) => each !== undefined);
    const total = prevouts.reduce((sum, { value }) => sum + value, 0) - fee;
    if (total < outputs * 1_000) return;
    const made = spend(prevouts, total, { outputs });
    const rate = this.world.pool.minFeeRate;
    const verdict = this.world.verdict(made);
    assert.equal(verdict, this.#expected(made, total, rate, verdict));
    if (verdict === "accepted") made.outputs.forEach(
      ({ value }, index) => this.outputs.push({ ...output(made, index), value }),
    );
  }

  /** What the twin says of the same transaction; it admits it too. */
  #expected(made: Transaction, total: number, rate: number, found: string): string {
    const { naive, world } = this;
    if (naive.has(made)) return "known";
    const isThere = ({ prevout }: { prevout: OutPoint }) => {
      return this.#isConfirmed(prevout) || naive.entries.some(
        ({ transaction }) => equalBytes(transaction.txid, prevout.txid),
      );
    };
    if (!made.inputs.every(isThere)) {
      return made.outputs.some(
        (_, index) => this.#isConfirmed(output(made, index)),
      ) ? "txn-already-known" : "missing-inputs";
    }
    const spent = this.outputs.filter((each) => made.inputs.some(({ prevout }) => same(prevout, each)));
    const fee = spent.reduce(
      (sum, { value }) => sum + value,
      0,
    ) - Math.floor(total / made.outputs.length) * made.outputs.length;
    if (fee < feeAt(rate, made.vsize)) return rate > 100 ? found : "min relay fee not met";
    if (naive.clashes(made).length > 0) return "bip125-replacement-disallowed";
    naive.entries.push({ transaction: made, fee });
    naive.trim();
    assert.ok(world.pool.usage <= MAX_BYTES);
    return naive.has(made) ? "accepted" : "mempool full";
  }

  #isConfirmed(outPoint: OutPoint): boolean {
    return this.world.pool.get(outPoint.txid) === undefined && this.#coin(outPoint);
  }

  #coin({ txid, index }: OutPoint): boolean {
    return this.world.hasCoin({ txid, index });
  }

  #isFree(outPoint: OutPoint): boolean {
    const { pool } = this.world;
    const exists = this.#coin(outPoint) || pool.get(outPoint.txid) !== undefined;
    return exists && pool.spender(outPoint) === undefined;
  }

  /** Some of the pool with all their ancestors; a thief spends what one of the rest does. */
  #mine(picks: number, thief: boolean): void {
    const chosen: Transaction[] = [];
    this.naive.entries.forEach(({ transaction }, at) => {
      const parents = this.naive.entries.filter((each) => spends(transaction, each.transaction));
      const isReady = parents.every((each) => chosen.includes(each.transaction));
      if (isReady && ((picks >> at % 16) & 1) === 1) chosen.push(transaction);
    });
    const victim = this.naive.entries.find(({ transaction }) => {
      return !chosen.includes(transaction) && transaction.inputs.every(
        ({ prevout }) => this.#isConfirmed(prevout),
      );
    });
    const free = victim?.transaction.inputs.map(({ prevout }) => prevout);
    const block = thief && free !== undefined ? [...chosen, spend(free, 777)] : chosen;
    const before = new Map(this.world.coins);
    this.blocks.push({ block: this.world.connect(block), before });
    this.naive.block(block);
    this.world.pool.tipChanged();
  }

  #undo(): void {
    const last = this.blocks.pop();
    if (last === undefined) return;
    const seen = this.world.events.length;
    this.world.disconnect(last.block, last.before);
    this.world.pool.tipChanged();
    const accepted = this.world.events.slice(seen).filter(({ type }) => type === "tx-accepted");
    this.#readmit(last.block.transactions.slice(1), accepted.map(({ entry }) => entry));
  }

  /** `accepted`: what came back, though there may have been no room to keep it. */
  #readmit(transactions: readonly Transaction[], accepted: readonly MempoolEntry[]): void {
    const back: NaiveEntry[] = [];
    for (const transaction of transactions) {
      // What a block held may be odd or pay nothing: taken at its word, if it is of a usual form.
      const entry = accepted.find((each) => equalBytes(each.transaction.txid, transaction.txid));
      if (entry === undefined) {
        for (const each of [...this.naive.entries]) {
          const isHere = this.naive.entries.includes(each);
          if (isHere && spends(each.transaction, transaction)) this.naive.removeFamily(each);
        }
      } else back.push({ transaction, fee: entry.fee });
    }
    this.naive.entries = [...back, ...this.naive.entries];
    this.naive.trim();
  }

  #compare(): void {
    const { pool } = this.world;
    assert.deepEqual(this.world.txids(), this.naive.entries.map(({ transaction }) => txidOf(transaction)));
    assert.equal(pool.usage, this.naive.usage);
    assert.equal(pool.totalFee, this.naive.entries.reduce((sum, { fee }) => sum + fee, 0));
    assert.equal(
      pool.virtualBytes,
      this.naive.entries.reduce((sum, { transaction }) => sum + transaction.vsize, 0),
    );
    const seen = new Set<string>();
    for (const { transaction } of pool.entries()) {
      seen.add(txidOf(transaction));
      for (const { prevout } of transaction.inputs) {
        assert.equal(pool.spender(prevout)?.transaction, transaction);
        const parent = pool.get(prevout.txid)?.transaction;
        assert.ok(
          parent === undefined ? this.#coin(prevout) : seen.has(txidOf(parent)),
          "parents stand before children",
        );
      }
    }
  }
}

test("Mempool does what a list does that is searched from end to end", () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 5, maxLength: 60 }), (operations) => {
      const twins = new Twins();
      for (const step of operations) twins.run(step);
    }),
    { numRuns: 120 },
  );
});
