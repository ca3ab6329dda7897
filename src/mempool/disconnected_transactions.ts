/**
 * Transactions of blocks that were taken back, until the new chain stands and they can be tried again.
 *
 * @module
 */
import type { Block } from "../primitives/block.ts";
import { hashKey, type HashKey, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { detached, entryUsage } from "./memory_usage.ts";

/** Bytes of memory; a long reorganisation may not fill it (Bitcoin Core: MAX_DISCONNECTED_TX_POOL_BYTES). */
const DISCONNECTED_BYTES_MAX = 20_000_000;

export class DisconnectedTransactions {
  /** The newest first: blocks are taken back from the tip down, and each is held last to first. */
  readonly #held = new Map<HashKey, Transaction>();
  #usage = 0;

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** Holds all of `block`. Returns what had to be dropped for it: the newest first. */
  add(block: Block): readonly Transaction[] {
    for (const transaction of block.transactions.toReversed()) {
      const own = detached(transaction);
      this.#held.set(hashKey(own.txid), own);
      this.#usage += entryUsage(own);
    }
    const dropped: Transaction[] = [];
    for (const transaction of this.#held.values()) {
      if (this.#usage <= DISCONNECTED_BYTES_MAX) break;
      this.#forget(transaction);
      dropped.push(transaction);
    }
    return dropped;
  }

  /** A block of the new chain has it too. */
  confirm(txid: Txid): void {
    if (this.#held.size === 0) return;
    const transaction = this.#held.get(hashKey(txid));
    if (transaction !== undefined) this.#forget(transaction);
  }

  /** All that is left, in the order of the chain; nothing is held afterwards. */
  take(): readonly Transaction[] {
    const transactions = [...this.#held.values()].reverse();
    this.#held.clear();
    this.#usage = 0;
    return transactions;
  }

  #forget(transaction: Transaction): void {
    this.#held.delete(hashKey(transaction.txid));
    this.#usage -= entryUsage(transaction);
  }
}
