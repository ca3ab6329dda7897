/**
 * Changes to coins, by outpoint, off the JavaScript heap: a flat table that is filled, read, and
 * written out as a whole.
 *
 * The table is cut into shards, so that what grows or is swept at one time stays small whatever
 * the budget.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { type HashSalt, saltedHash, wordAt } from "../base/salted_hash.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { CoinsShard } from "./coins_shard.ts";
import { type Finding, FoundCoin, IS_COIN, IS_SPENT, UNKNOWN } from "./found_coin.ts";

/** What is known of an outpoint: nothing, that it is spent, or its coin. */
export type CoinEntry = Coin | "spent" | undefined;

const SHARDS = 64;

export class CoinsTable {
  readonly #salt: HashSalt;
  readonly #shards: (CoinsShard | undefined)[] = new Array(SHARDS).fill(undefined);
  readonly #coin = new FoundCoin();
  #bytes = 0;

  constructor(salt: HashSalt) {
    this.#salt = salt;
  }

  /** Memory taken, dead records and empty slots included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Outpoints of which it knows something that is not on disk. */
  get size(): number {
    let size = 0;
    for (const shard of this.#shards) size += shard?.size ?? 0;
    return size;
  }

  get(outPoint: OutPoint): CoinEntry {
    const { txid, index } = outPoint;
    const finding = this.find(txid, 0, index, outPointHash(this.#salt, txid, 0, index), this.#coin);
    return finding === IS_COIN ? this.#coin.coin() : finding === IS_SPENT ? "spent" : undefined;
  }

  /** The outpoint is the id at `offset` of `bytes`, and `index`; `hash` is its `outPointHash`. */
  find(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): Finding {
    return this.#shards[hash % SHARDS]?.find(bytes, offset, index, hash, found) ?? UNKNOWN;
  }

  /** `isFresh`: what lies under this table has no coin there; heard when the outpoint is new to the table. */
  put({ txid, index }: OutPoint, coin: Coin, isFresh: boolean): void {
    this.#coin.set(coin);
    this.putFound(txid, 0, index, outPointHash(this.#salt, txid, 0, index), this.#coin, isFresh);
  }

  /** As `put`, of an outpoint as `find` takes it. */
  putFound(
    bytes: Bytes, offset: number, index: number, hash: number, coin: FoundCoin, isFresh: boolean,
  ): void {
    const shard = this.#shard(hash);
    const before = shard.bytes;
    shard.put(bytes, offset, index, hash, coin, isFresh);
    this.#bytes += shard.bytes - before;
  }

  /** Marks it spent; what nothing under this table knows of is forgotten. */
  spend({ txid, index }: OutPoint): void {
    this.spendFound(txid, 0, index, outPointHash(this.#salt, txid, 0, index));
  }

  /** As `spend`, of an outpoint as `find` takes it. */
  spendFound(bytes: Bytes, offset: number, index: number, hash: number): void {
    const shard = this.#shard(hash);
    const before = shard.bytes;
    shard.spend(bytes, offset, index, hash);
    this.#bytes += shard.bytes - before;
  }

  /** All that is to be written, `undefined` for a coin that is spent. The table may not change meanwhile. */
  *changes(): Generator<readonly [OutPoint, Coin | undefined]> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.changes();
  }

  #shard(hash: number): CoinsShard {
    const number = hash % SHARDS;
    let shard = this.#shards[number];
    if (shard === undefined) {
      this.#shards[number] = shard = new CoinsShard(this.#salt);
      this.#bytes += shard.bytes;
    }
    return shard;
  }
}

/** Where an outpoint is in tables with this salt. */
export function outPointHash(salt: HashSalt, bytes: Bytes, offset: number, index: number): number {
  return saltedHash(salt, wordAt(bytes, offset), wordAt(bytes, offset + 4), index);
}
