/**
 * What a block does to the unspent coins, and coins seen through such changes before they are
 * made.
 *
 * @module
 */
import type { Coin } from "../primitives/coin.ts";
import { hashKey, type Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";

/** Where coins are looked up. */
export interface CoinsView {
  get(outPoint: OutPoint): Coin | undefined;
}

export interface CoinChange {
  readonly outPoint: OutPoint;
  /** `undefined`: it is spent, or never was. */
  readonly coin: Coin | undefined;
}

/** One block's changes by outpoint, over a view that stays as it is. */
export class CoinChanges implements CoinsView {
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

  /** Of this block's changes only: `undefined` when it changes nothing there. */
  changed(outPoint: OutPoint): CoinChange | undefined {
    return this.#changes.get(this.#key(outPoint));
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
export class PendingCoins implements CoinsView {
  readonly #base: CoinsView;
  #layers: CoinChanges[] = [];

  constructor(base: CoinsView) {
    this.#base = base;
  }

  get(outPoint: OutPoint): Coin | undefined {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const change = this.#layers[i]?.changed(outPoint);
      if (change !== undefined) return change.coin;
    }
    return this.#base.get(outPoint);
  }

  push(layer: CoinChanges): void {
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
