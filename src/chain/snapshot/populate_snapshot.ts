import { assert } from "../../base/assert.ts";
import type { Bytes } from "../../base/bytes.ts";
import type { Logger } from "../../base/logger.ts";
import type { AssumeUtxo } from "../../params/assume_utxo.ts";
import { displayHash } from "../../primitives/hash.ts";
import type { Change, KeyValueStore } from "../../store/key_value_store.ts";
import { coinKey, encodeCoin } from "../coin_codec.ts";
import { COINS_HEAD_KEY } from "../coins_cache.ts";
import { hashCoins } from "../coins_hash.ts";
import { SnapshotError, type SnapshotHead } from "./snapshot_format.ts";
import { type SnapshotCoin, SnapshotReader } from "./snapshot_reader.ts";

/** Bytes of the file that are decoded, and written, at a time: some milliseconds. */
const PIECE_BYTES = 64 * 1024;
const LOG_COINS = 1_000_000n;

export interface PopulatePorts {
  readonly logger: Logger;
  /** Empty, and nobody else's. */
  readonly store: KeyValueStore;
  isStopped(): boolean;
}

/**
 * Fills a store with the coins of a snapshot, and sees that they are the expected ones. `source`: the file
 * behind its head, in pieces.
 *
 * @throws {SnapshotError} when they are not, or something else is wrong with the file
 */
export async function populateSnapshot(
  source: AsyncIterable<Bytes>, { base, coins }: SnapshotHead, expected: AssumeUtxo, ports: PopulatePorts,
): Promise<void> {
  const { logger, store } = ports;
  const shown = displayHash(base);
  logger.info(`[snapshot] loading ${coins} coins from snapshot ${shown}`);
  const reader = new SnapshotReader(coins, expected.height);
  for await (const bytes of source) {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      if (ports.isStopped()) throw new SnapshotError("Aborting after an interrupt was requested");
      const before = reader.coins;
      const found = reader.push(bytes.subarray(start, start + PIECE_BYTES));
      if (found.length > 0) await store.write(found.map(put));
      if (before / LOG_COINS !== reader.coins / LOG_COINS) logger.info(progressLine(reader.coins, coins));
    }
  }
  const last = reader.end();
  assert(reader.coins === coins, "a reader that ends without an error has read all coins");
  await store.write([...last.map(put), { type: "put", key: COINS_HEAD_KEY, value: base }], { sync: true });
  logger.info(`[snapshot] loaded ${coins} coins from snapshot ${shown}`);
  const hash = await hashCoins(store, () => ports.isStopped());
  if (hash === undefined) throw new SnapshotError("Aborting after an interrupt was requested");
  if (hash !== expected.coinsHash) {
    throw new SnapshotError(`Bad snapshot content hash: expected ${expected.coinsHash}, got ${hash}`);
  }
}

function put({ outPoint, coin }: SnapshotCoin): Change {
  const key = coinKey(outPoint);
  return { type: "put", key, value: encodeCoin(key, coin) };
}

function progressLine(read: bigint, count: bigint): string {
  return `[snapshot] ${read} coins loaded (${((100 * Number(read)) / Number(count)).toFixed(2)}%)`;
}
