/**
 * What a block does to the unspent coins, and coins seen through such changes before they are
 * made.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { Coin } from "../primitives/coin.ts";
import { HASH_BYTES, hashKey, type Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { CoinsCache } from "./coins_cache.ts";
import { type Finding, type FoundCoin, IS_COIN, IS_SPENT, UNKNOWN } from "./found_coin.ts";

/** Where coins are looked up. */
export interface CoinsView {
  get(outPoint: OutPoint): Coin | undefined;
}

/** Where they can also be looked for by bytes: the id stands in `bytes` at `offset`. */
export interface CoinSearch extends CoinsView {
  /** What `find` is asked with: where an outpoint is in hash tables. */
  hashOf(bytes: Bytes, offset: number, index: number): number;
  /** Whether there is an unspent coin, which is then `found`. */
  find(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): boolean;
}

/** What one block does to the coins: connecting it, or disconnecting it. */
export interface CoinLayer {
  /** Of this block's changes only: `undefined` when it changes nothing there. */
  changed(outPoint: OutPoint): CoinChange | undefined;
  /** The same by bytes. */
  search(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): Finding;
  changes(): Iterable<CoinChange>;
  applyTo(coins: CoinsCache): void;
}

export interface CoinChange {
  readonly outPoint: OutPoint;
  /** `undefined`: it is spent, or never was. */
  readonly coin: Coin | undefined;
}

/** One block's changes by outpoint, over a view that stays as it is. */
export class CoinChanges implements CoinsView, CoinLayer {
  readonly #under: CoinsView;
  readonly #changes = new Map<string, CoinChange>();
  #lastTxid: Txid | undefined;
  #lastTxidKey = "";

  constructor(under: CoinsView) {
    this.#under = under;
  }

  get(outPoint: OutPoint): Coin | undefined {
    const change = this.#changes.get(this.#key(outPoint));
    return change === undefined ? this.#under.get(outPoint) : change.coin;
  }

  changed(outPoint: OutPoint): CoinChange | undefined {
    return this.#changes.get(this.#key(outPoint));
  }

  search(bytes: Bytes, offset: number, index: number, _hash: number, found: FoundCoin): Finding {
    const change = this.changed({ txid: bytes.slice(offset, offset + HASH_BYTES) as Txid, index });
    if (change === undefined) return UNKNOWN;
    if (change.coin === undefined) return IS_SPENT;
    found.set(change.coin);
    return IS_COIN;
  }

  add(outPoint: OutPoint, coin: Coin): void {
    this.#changes.set(this.#key(outPoint), { outPoint, coin });
  }

  spend(outPoint: OutPoint): void {
    this.#spend(this.#key(outPoint), outPoint);
  }

  /** The coin, which is spent from now on; `undefined` when there is none. */
  take(outPoint: OutPoint): Coin | undefined {
    const key = this.#key(outPoint);
    const change = this.#changes.get(key);
    const coin = change === undefined ? this.#under.get(outPoint) : change.coin;
    if (coin !== undefined) this.#spend(key, outPoint);
    return coin;
  }

  changes(): Iterable<CoinChange> {
    return this.#changes.values();
  }

  applyTo(coins: CoinsCache): void {
    for (const { outPoint, coin } of this.#changes.values()) {
      if (coin === undefined) coins.spend(outPoint);
      // Two early blocks made coins that were there already (BIP30): only a coinbase can.
      else coins.add(outPoint, coin, coin.isCoinbase);
    }
  }

  /** A coin that the block itself made leaves no trace. */
  #spend(key: string, outPoint: OutPoint): void {
    if (this.#changes.get(key)?.coin !== undefined) this.#changes.delete(key);
    else this.#changes.set(key, { outPoint, coin: undefined });
  }

  /** The outputs of a transaction come one after the other, so that half of its key is made once. */
  #key({ txid, index }: OutPoint): string {
    if (txid !== this.#lastTxid) {
      this.#lastTxid = txid;
      this.#lastTxidKey = hashKey(txid);
    }
    return this.#lastTxidKey + String.fromCharCode(index & 0xffff, index >>> 16);
  }
}

/** Coins as they will be once the blocks that are pending, oldest first, are connected or disconnected. */
export class PendingCoins implements CoinSearch {
  readonly #base: CoinSearch;
  #layers: CoinLayer[] = [];

  constructor(base: CoinSearch) {
    this.#base = base;
  }

  get(outPoint: OutPoint): Coin | undefined {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const change = this.#layers[i]?.changed(outPoint);
      if (change !== undefined) return change.coin;
    }
    return this.#base.get(outPoint);
  }

  hashOf(bytes: Bytes, offset: number, index: number): number {
    return this.#base.hashOf(bytes, offset, index);
  }

  find(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): boolean {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const finding = (this.#layers[i] as CoinLayer).search(bytes, offset, index, hash, found);
      if (finding !== UNKNOWN) return finding === IS_COIN;
    }
    return this.#base.find(bytes, offset, index, hash, found);
  }

  push(layer: CoinLayer): void {
    this.#layers.push(layer);
  }

  /** The oldest `count` layers are now in the base. */
  settle(count: number): void {
    this.#layers = this.#layers.slice(count);
  }

  clear(): void {
    this.#layers = [];
  }
}
