import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng, shuffle } from "../base/rng.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { coinKey, encodeCoin } from "./coin_codec.ts";
import { COINS_HEAD_KEY } from "./coins_cache.ts";
import { scanCoins } from "./coins_scan.ts";

const HEAD = new Uint8Array(32).fill(7);

function outPoint(id: number, index: number) {
  return { txid: new Uint8Array(32).fill(id) as Txid, index };
}

/** With indexes whose keys sort otherwise than they do. */
const OUTPOINTS = [1, 0x7e, 0x7f, 0x80, 0x81, 0x100, 0x4080].flatMap((index) => {
  return [outPoint(1, index), outPoint(0xfe, index)];
});

function storeOf(withHead: boolean): MemoryStore {
  const store = new MemoryStore();
  const coin = (height: number) => ({ value: 5 as Sats, height, isCoinbase: false, script: Uint8Array.of(0x51) });
  store.apply(shuffle(seededRng(1), OUTPOINTS).map((each) => {
    const key = coinKey(each);
    return { type: "put", key, value: encodeCoin(key, coin(each.index)) };
  }));
  if (withHead) store.apply([{ type: "put", key: COINS_HEAD_KEY, value: HEAD }]);
  return store;
}

test("all coins are seen, in the order of their outpoints, and as of which block they are", async () => {
  const snapshot = (await scanCoins(storeOf(true))) ?? assert.fail();
  assert.deepEqual(snapshot.head, HEAD);
  const found: unknown[] = [];
  for await (const { outPoint: { txid, index }, coin } of snapshot.coins) {
    assert.equal(coin.height, index);
    found.push([txid[0], index]);
  }
  const wanted = OUTPOINTS.map(({ txid, index }) => [txid[0] as number, index] as const)
    .sort(([a, i], [b, j]) => a - b || i - j);
  assert.deepEqual(found, wanted);
});

test("a scan shows one moment, whatever is written meanwhile", async () => {
  const store = storeOf(true);
  const snapshot = (await scanCoins(store)) ?? assert.fail();
  await store.write(OUTPOINTS.map((each) => ({ type: "delete", key: coinKey(each) })));
  let count = 0;
  for await (const _ of snapshot.coins) count++;
  assert.equal(count, OUTPOINTS.length);
});

test("coins between two heads, as in the middle of a flush, are not shown", async () => {
  assert.equal(await scanCoins(storeOf(false)), undefined);
  assert.equal(await scanCoins(new MemoryStore()), undefined);
});
