import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRng } from "../base/rng.ts";
import { drawSalt } from "../base/salted_hash.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import type { Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { CoinsTable } from "./coins_table.ts";

const OUT_POINTS: readonly OutPoint[] = Array.from({ length: 300 }, (_, at) => {
  const txid = new Uint8Array(32) as Txid;
  txid[0] = at >>> 2;
  txid[31] = at;
  return { txid, index: at & 3 };
});

/** Always the same for an outpoint, as in a chain. */
function coinOf(at: number): Coin {
  const script = new Uint8Array((at * 7) % 60).fill(at);
  return { value: (at * 1e9) as Sats, script, height: at * 1000, isCoinbase: at % 3 === 0 };
}

/** Under the table some coins are there already, and a table of changes over them is kept as a map. */
class NaiveCoins {
  readonly under = new Set<number>();
  readonly now = new Map<number, Coin>();

  constructor(under: Iterable<number>) {
    for (const at of under) {
      this.under.add(at);
      this.now.set(at, coinOf(at));
    }
  }
}

const operation = fc.record({ at: fc.nat(OUT_POINTS.length - 1), spends: fc.boolean() });
const operations = fc.array(operation, { maxLength: 800 });
const under = fc.uniqueArray(fc.nat(OUT_POINTS.length - 1), { maxLength: 100 });

test("CoinsTable over a set of coins shows what a plain map shows, and writes the difference", () => {
  fc.assert(fc.property(under, operations, fc.nat(), (before, steps, seed) => {
    const naive = new NaiveCoins(before);
    const table = new CoinsTable(drawSalt(seededRng(seed)));
    for (const { at, spends } of steps) {
      const outPoint = OUT_POINTS[at] as OutPoint;
      if (spends && naive.now.delete(at)) table.spend(outPoint);
      else if (!spends && !naive.now.has(at)) {
        naive.now.set(at, coinOf(at));
        table.put(outPoint, coinOf(at), !naive.under.has(at));
      }
    }
    for (const [at, outPoint] of OUT_POINTS.entries()) {
      const entry = table.get(outPoint);
      const coin = entry === undefined ? (naive.under.has(at) ? coinOf(at) : undefined) : entry;
      assert.deepEqual(coin === "spent" ? undefined : coin, naive.now.get(at));
    }
    const written = new Map([...naive.under].map((at) => [at, coinOf(at)]));
    let changes = 0;
    for (const [{ txid, index }, coin] of table.changes()) {
      const at = (txid[0] as number) * 4 + index;
      if (coin === undefined) assert.ok(written.delete(at), "only what is there is deleted");
      else written.set(at, coin);
      changes++;
    }
    assert.equal(table.size, changes);
    const sorted = (coins: Iterable<[number, Coin]>) => [...coins].sort(([a], [b]) => a - b);
    assert.deepEqual(sorted(written), sorted(naive.now));
  }), { numRuns: 60 });
});

test("coins made and spent over and over take no more memory than those alive at once", () => {
  const table = new CoinsTable(drawSalt(seededRng(1)));
  for (let round = 0; round < 200; round++) {
    for (const [at, { index }] of OUT_POINTS.entries()) {
      const txid = new Uint8Array(32) as Txid;
      new DataView(txid.buffer).setUint32(0, round * OUT_POINTS.length + at);
      table.put({ txid, index }, coinOf(at), true);
      table.spend({ txid, index });
    }
  }
  assert.equal(table.size, 0);
  assert.ok(table.bytes < 256 * 1024, `${table.bytes} bytes after 60,000 coins`);
});

test("memory is counted, and grows with what is held", () => {
  const table = new CoinsTable(drawSalt(seededRng(1)));
  assert.equal(table.bytes, 0);
  for (let at = 0; at < 20_000; at++) {
    const txid = new Uint8Array(32) as Txid;
    new DataView(txid.buffer).setUint32(0, at * 0x9e37);
    const coin = { value: 1 as Sats, script: new Uint8Array(25), height: 1, isCoinbase: false };
    table.put({ txid, index: 0 }, coin, true);
  }
  assert.equal(table.size, 20_000);
  assert.ok(table.bytes > 20_000 * 80 && table.bytes < 20_000 * 250, `${table.bytes / 20_000} bytes a coin`);
});
