import assert from "node:assert/strict";
import { test } from "node:test";
import { testSize } from "../../test/support/environment.ts";
import { HEIGHT, type RandomCoin, randomBlock, randomCoins } from "../../test/support/random_blocks.ts";
import { toHex } from "../base/bytes.ts";
import { below, type Rng, seededRng } from "../base/rng.ts";
import { drawSalt } from "../base/salted_hash.ts";
import type { HeaderContext } from "../consensus/header_context.ts";
import { checkContentsByTheRules } from "../consensus/block_rules.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { REGTEST } from "../params/regtest.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { CoinChanges, type CoinLayer, PendingCoins } from "./coin_changes.ts";
import { CoinsCache } from "./coins_cache.ts";
import { connectByTheRules } from "./connect_block.ts";
import { connectPlainly } from "./connect_plainly.ts";
import type { ConnectPlace } from "./connection.ts";
import { FoundCoin, IS_COIN, UNKNOWN } from "./found_coin.ts";
import { encodeUndo } from "./undo_codec.ts";

const SEEDS = testSize("TIDINGS_TWIN_SEEDS", 120);

function emptyCache(): CoinsCache {
  return new CoinsCache(new MemoryStore(), drawSalt(seededRng(1)), new Uint8Array(32) as BlockHash, () => assert.fail());
}

/** The coins, some in the cache and some in the block before. */
function coinsView(rng: Rng, coins: readonly RandomCoin[]): PendingCoins {
  const cache = emptyCache();
  const pending = new PendingCoins(cache);
  const before = new CoinChanges(cache);
  for (const { outPoint, coin } of coins) {
    if (below(rng, 3) === 0) before.add(outPoint, coin);
    else cache.add(outPoint, coin, false);
  }
  pending.push(before);
  return pending;
}

function contextAt(height: number): HeaderContext {
  const time = 1_600_000_000 + 600 * height;
  return { height, time, medianTimePast: time - 3_000, bits: 0x207f_ffff, version: 4, ancestor: contextAt };
}

function randomPlace(seed: number): { readonly block: Block; readonly place: ConnectPlace } {
  const rng = seededRng(seed);
  const coins = [...randomCoins(rng, 60)];
  const block = randomBlock(rng, coins);
  const last = block.transactions.at(-1);
  const coin = coins[0]?.coin;
  // A coin that the block makes is there already.
  if (below(rng, 20) === 0 && last !== undefined && coin !== undefined) {
    coins.push({ outPoint: { txid: last.txid, index: 0 }, coin });
  }
  const place = {
    params: REGTEST, previous: contextAt(HEIGHT - 1), coins: coinsView(rng, coins), forbidsOverwrite: below(rng, 2) === 0,
  };
  return { block, place };
}

function key({ txid, index }: OutPoint): string {
  return `${toHex(txid)}:${index}`;
}

/** What is left of the changes once they are applied, in an order of its own. */
function described(changes: CoinLayer): readonly unknown[] {
  return [...changes.changes()]
    .map(({ outPoint, coin }) => [key(outPoint), coin === undefined ? undefined : { ...coin, script: toHex(coin.script) }])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

test("a block that is connected plainly is connected by the rules, with the same changes, coins and flags", () => {
  let [good, bad] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { block, place } = randomPlace(seed);
    // Only such blocks are ever connected.
    if (checkContentsByTheRules(block) !== undefined) continue;
    const plain = connectPlainly(block, place);
    const verdict = connectByTheRules(block, place);
    assert.equal(plain !== undefined, verdict.type === "good", `seed ${seed}: ${JSON.stringify(verdict)}`);
    if (verdict.type === "bad" || plain === undefined) {
      bad++;
      continue;
    }
    good++;
    const { connection } = verdict;
    assert.deepEqual(described(plain.changes), described(connection.changes), `seed ${seed}`);
    assert.deepEqual(plain.spentOutputs, packSpentOutputs(connection.spent), `seed ${seed}`);
    assert.deepEqual(plain.undo, encodeUndo(connection.spent), `seed ${seed}`);
    assert.deepEqual(plain.spent, connection.spent, `seed ${seed}`);
    assert.deepEqual([plain.flags, plain.spentCount], [connection.flags, connection.spent.length], `seed ${seed}`);
  }
  assert.ok(good > SEEDS / 8 && bad > SEEDS / 14, `${good} good, ${bad} bad`);
});

test("the changes of a block are applied, and seen before they are, as plain changes are", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { block, place } = randomPlace(seed);
    if (checkContentsByTheRules(block) !== undefined) continue;
    const plain = connectPlainly(block, place)?.changes;
    const verdict = connectByTheRules(block, place);
    if (plain === undefined || verdict.type === "bad") continue;
    const { changes } = verdict.connection;
    const [own, twin] = [emptyCache(), emptyCache()];
    plain.applyTo(own);
    changes.applyTo(twin);
    for (const outPoint of outPointsOf(block)) {
      const { txid, index } = outPoint;
      assert.deepEqual(own.get(outPoint), twin.get(outPoint), `seed ${seed}`);
      assert.deepEqual(plain.changed(outPoint)?.coin, changes.changed(outPoint)?.coin, `seed ${seed}`);
      const found = new FoundCoin();
      const finding = plain.search(txid, 0, index, own.hashOf(txid, 0, index), found);
      assert.equal(finding === IS_COIN, changes.changed(outPoint)?.coin !== undefined, `seed ${seed}`);
      if (finding === UNKNOWN) assert.equal(plain.changed(outPoint), undefined);
      if (finding === IS_COIN) assert.deepEqual(found.coin(), changes.changed(outPoint)?.coin);
    }
  }
});

function outPointsOf({ transactions }: Block): readonly OutPoint[] {
  return transactions.flatMap(({ txid, inputs, outputs }) => [
    ...inputs.map(({ prevout }) => prevout),
    ...outputs.map((_, index) => ({ txid, index })),
  ]);
}
