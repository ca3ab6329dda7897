/**
 * All unspent coins, as the database holds them at one moment: for whoever looks at each of them
 * once. Coins that are only in memory are not seen, so that a flush comes first.
 *
 * @module
 */
import { type Bytes, equalBytes, toHex } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { DecodeError } from "../codec/decode_error.ts";
import type { Coin } from "../primitives/coin.ts";
import { type BlockHash, HASH_BYTES, type Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { KeyValueStore } from "../store/key_value_store.ts";
import { COIN_PREFIX, decodeCoin, readVarint } from "./coin_codec.ts";
import { COINS_HEAD_KEY } from "./coins_cache.ts";
import { throwDamaged } from "./restore.ts";

export interface ScannedCoin {
  readonly outPoint: OutPoint;
  readonly coin: Coin;
  /** What it takes in the database. */
  readonly storedBytes: number;
}

export interface CoinsSnapshot {
  /** The block as of which the coins are. */
  readonly head: BlockHash;
  /** By transaction id, byte by byte, then by index; to be gone through once, or closed. */
  readonly coins: AsyncGenerator<ScannedCoin, undefined>;
}

type Scan = AsyncIterator<readonly [key: Bytes, value: Bytes]>;

/** `undefined` when there are none, or a flush is under way, which another one after it will tell. */
export async function scanCoins(store: KeyValueStore): Promise<CoinsSnapshot | undefined> {
  // The head sorts just before the coins, so that one iterator, which sees one moment, has both.
  const scan = store.scan(COINS_HEAD_KEY, Uint8Array.of(COIN_PREFIX + 1))[Symbol.asyncIterator]();
  const first = await scan.next();
  if (first.done !== true && equalBytes(first.value[0], COINS_HEAD_KEY)) {
    return { head: first.value[1] as BlockHash, coins: inOrder(scan) };
  }
  await scan.return?.();
  return undefined;
}

/** Keys have the index lowest byte first: the coins of one transaction are put in its order. */
async function* inOrder(scan: Scan): AsyncGenerator<ScannedCoin, undefined> {
  let family: ScannedCoin[] = [];
  try {
    for (let next = await scan.next(); next.done !== true; next = await scan.next()) {
      const found = decodeCoinEntry(next.value[0], next.value[1]);
      const [last] = family;
      if (last !== undefined && !equalBytes(last.outPoint.txid, found.outPoint.txid)) {
        yield* sorted(family);
        family = [];
      }
      family.push(found);
    }
    yield* sorted(family);
  } finally {
    await scan.return?.();
  }
  return undefined;
}

function sorted(family: ScannedCoin[]): readonly ScannedCoin[] {
  return family.sort((a, b) => a.outPoint.index - b.outPoint.index);
}

/** @throws {ChainDataError} when the database is damaged */
export function decodeCoinEntry(key: Bytes, value: Bytes): ScannedCoin {
  try {
    return decodeRecord(key, value);
  } catch (error) {
    if (error instanceof DecodeError) throwDamaged(`The coin under ${toHex(key)} in the coin database (chainstate)`);
    throw error;
  }
}

function decodeRecord(key: Bytes, value: Bytes): ScannedCoin {
  const reader = new ByteReader(key, 1);
  const outPoint = { txid: reader.bytes(HASH_BYTES) as Txid, index: readVarint(reader) };
  return { outPoint, coin: decodeCoin(key, value), storedBytes: key.length + value.length };
}
