/**
 * What a block does to the unspent coins, and coins seen through such changes before they are
 * made.
 *
 * @module
 */
import type { Coin } from "../primitives/coin.ts";
import { hashKey } from "../primitives/hash.ts";
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

  constructor(under: CoinsView) {
    this.#under = under;
  }

  get(outPoint: OutPoint): Coin | undefined {
    const change = this.#changes.get(outPointKey(outPoint));
    return change === undefined ? this.#under.get(outPoint) : change.coin;
  }

  /** Of this block's changes only: `undefined` when it changes nothing there. */
  changed(outPoint: OutPoint): CoinChange | undefined {
    return this.#changes.get(outPointKey(outPoint));
  }

  add(outPoint: OutPoint, coin: Coin): void {
    this.#changes.set(outPointKey(outPoint), { outPoint, coin });
  }

  /** A coin that the block itself made leaves no trace. */
  spend(outPoint: OutPoint): void {
    const key = outPointKey(outPoint);
    if (this.#changes.get(key)?.coin !== undefined) this.#changes.delete(key);
    else this.#changes.set(key, { outPoint, coin: undefined });
  }

  changes(): Iterable<CoinChange> {
    return this.#changes.values();
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

function outPointKey({ txid, index }: OutPoint): string {
  return hashKey(txid) + String.fromCharCode(index & 0xffff, index >>> 16);
}
