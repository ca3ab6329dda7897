/**
 * Changes to coins, by outpoint, off the JavaScript heap: a flat table that is filled, read, and
 * written out as a whole.
 *
 * The table is cut into shards, so that what grows or is swept at one time stays small whatever
 * the budget.
 *
 * @module
 */
import { type HashSalt, saltedHash, wordAt } from "../base/salted_hash.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { type CoinEntry, CoinsShard } from "./coins_shard.ts";

const SHARDS = 64;

export class CoinsTable {
  readonly #salt: HashSalt;
  readonly #shards = new Map<number, CoinsShard>();
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
    for (const shard of this.#shards.values()) size += shard.size;
    return size;
  }

  get(outPoint: OutPoint): CoinEntry {
    const hash = this.#hash(outPoint);
    return this.#shards.get(hash % SHARDS)?.get(outPoint, hash);
  }

  /** `isFresh`: what lies under this table has no coin there; heard when the outpoint is new to the table. */
  put(outPoint: OutPoint, coin: Coin, isFresh: boolean): void {
    const hash = this.#hash(outPoint);
    this.#change(hash, (shard) => shard.put(outPoint, hash, coin, isFresh));
  }

  /** Marks it spent; what nothing under this table knows of is forgotten. */
  spend(outPoint: OutPoint): void {
    const hash = this.#hash(outPoint);
    this.#change(hash, (shard) => shard.spend(outPoint, hash));
  }

  /** All that is to be written, `undefined` for a coin that is spent. The table may not change meanwhile. */
  *changes(): Generator<readonly [OutPoint, Coin | undefined]> {
    for (const shard of this.#shards.values()) yield* shard.changes();
  }

  #change(hash: number, change: (shard: CoinsShard) => void): void {
    let shard = this.#shards.get(hash % SHARDS);
    const before = shard?.bytes ?? 0;
    if (shard === undefined) this.#shards.set(hash % SHARDS, (shard = new CoinsShard(this.#salt)));
    change(shard);
    this.#bytes += shard.bytes - before;
  }

  #hash({ txid, index }: OutPoint): number {
    return saltedHash(this.#salt, wordAt(txid, 0), wordAt(txid, 4), index);
  }
}
