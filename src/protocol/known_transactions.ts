/**
 * Transactions that need not be asked for, though they are not here: those that were refused, and those
 * in blocks that were just connected.
 *
 * @module
 */
import type { Rng } from "../base/rng.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { InventoryFilter } from "./inventory_filter.ts";

export class KnownTransactions {
  /** Wtxids that the mempool has refused, and would again until the tip changes. */
  readonly #rejected: InventoryFilter;
  /** Both ids of transactions in blocks that were just connected. */
  readonly #confirmed: InventoryFilter;

  constructor(rng: Rng) {
    this.#rejected = new InventoryFilter(rng);
    this.#confirmed = new InventoryFilter(rng);
  }

  /** By either id. */
  has(hash: Uint8Array): boolean {
    return this.#confirmed.has(hash) || this.#rejected.has(hash);
  }

  isRejected(hash: Uint8Array): boolean {
    return this.#rejected.has(hash);
  }

  /** A txid only when no witness could make it good. */
  rejected(hash: Uint8Array): void {
    this.#rejected.add(hash);
  }

  confirmed({ txid, wtxid, hasWitness }: Transaction): void {
    this.#confirmed.add(txid);
    if (hasWitness) this.#confirmed.add(wtxid);
  }

  /** What was confirmed may be asked for again. */
  blockDisconnected(): void {
    this.#confirmed.clear();
  }

  /** What was refused may now be good. */
  tipChanged(): void {
    this.#rejected.clear();
  }
}
