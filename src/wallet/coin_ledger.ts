/**
 * Which outputs the wallet can spend, as blocks come and go.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { type HashKey, hashKey } from "../primitives/hash.ts";
import { type OutPoint, outPointBytes, type Transaction } from "../primitives/transaction.ts";
import type { OwnedScript } from "./owned_script.ts";

export interface WalletCoin {
  readonly outPoint: OutPoint;
  readonly value: Sats;
  readonly script: Bytes;
  readonly owner: OwnedScript;
  /** Of the block that made it; `undefined` while its transaction is in no block. */
  readonly height: number | undefined;
  readonly isCoinbase: boolean;
}

/** How far back blocks can be taken away again: more than any network has ever reorganised. */
const UNDO_BLOCKS_MAX = 2016;

/** A payment that is in no block after so many is taken for lost, and its coins may be spent again. */
const RESERVED_BLOCKS_MAX = 20;

/** Blocks must be told of in order, each once. */
export class CoinLedger {
  readonly #ownerOf: (script: Bytes) => OwnedScript | undefined;
  readonly #coins = new Map<HashKey, WalletCoin>();
  /** Outputs of own payments that are in no block yet, and the height at which they were made. */
  readonly #pending = new Map<HashKey, { readonly coin: WalletCoin; readonly madeAt: number }>();
  /** Coins that a payment spends, and the height at which it was made. */
  readonly #reserved = new Map<HashKey, number>();
  /** By height: what the block spent. */
  readonly #undo = new Map<number, readonly WalletCoin[]>();
  #height = 0;

  constructor(ownerOf: (script: Bytes) => OwnedScript | undefined) {
    this.#ownerOf = ownerOf;
  }

  /** Of the last block told of. */
  get height(): number {
    return this.#height;
  }

  /** All that no payment has reserved; `withPending`: those of no block too. */
  free(withPending: boolean): WalletCoin[] {
    const coins = [...this.#coins.values()];
    if (withPending) for (const { coin } of this.#pending.values()) coins.push(coin);
    return coins.filter(({ outPoint }) => !this.#reserved.has(keyOf(outPoint)));
  }

  /** What blocks have given us and not taken, reserved or not. */
  confirmed(): Iterable<WalletCoin> {
    return this.#coins.values();
  }

  blockConnected(block: Block, height: number): void {
    const spent: WalletCoin[] = [];
    for (const [i, transaction] of block.transactions.entries()) {
      if (i > 0) for (const { prevout } of transaction.inputs) this.#spend(prevout, spent);
      for (const coin of this.#outputs(transaction, height, i === 0)) this.#add(coin);
    }
    this.#height = height;
    this.#undo.set(height, spent);
    this.#undo.delete(height - UNDO_BLOCKS_MAX);
    this.#freeLost();
  }

  blockDisconnected(block: Block, height: number): void {
    const spent = this.#undo.get(height);
    assert(height === this.#height && spent !== undefined, `block ${height} was the last one connected`);
    for (const coin of spent) {
      this.#coins.set(keyOf(coin.outPoint), coin);
      // Its spender is likely waiting for a block again.
      this.#reserved.set(keyOf(coin.outPoint), height - 1);
    }
    // After the undo: what was made and spent in this block goes too.
    for (const { txid, outputs } of block.transactions) {
      for (let index = 0; index < outputs.length; index++) this.#forget({ txid, index });
    }
    this.#undo.delete(height);
    this.#height = height - 1;
  }

  /** Takes the coins that `transaction` spends out of use, and learns of those that it makes. */
  reserve(transaction: Transaction): void {
    for (const { prevout } of transaction.inputs) this.#reserved.set(keyOf(prevout), this.#height);
    for (const coin of this.#outputs(transaction, undefined, false)) {
      this.#pending.set(keyOf(coin.outPoint), { coin, madeAt: this.#height });
    }
  }

  /** Undoes `reserve`, for a payment that nobody took. */
  release(transaction: Transaction): void {
    for (const { prevout } of transaction.inputs) this.#reserved.delete(keyOf(prevout));
    const made = this.#outputs(transaction, undefined, false);
    for (const { outPoint } of made) this.#pending.delete(keyOf(outPoint));
  }

  #spend(outPoint: OutPoint, spent: WalletCoin[]): void {
    const key = keyOf(outPoint);
    const coin = this.#coins.get(key);
    if (coin !== undefined) spent.push(coin);
    this.#forget(outPoint);
  }

  #add(coin: WalletCoin): void {
    const key = keyOf(coin.outPoint);
    this.#pending.delete(key);
    this.#coins.set(key, coin);
  }

  #forget(outPoint: OutPoint): void {
    const key = keyOf(outPoint);
    this.#coins.delete(key);
    this.#pending.delete(key);
    this.#reserved.delete(key);
  }

  #freeLost(): void {
    const lost = this.#height - RESERVED_BLOCKS_MAX;
    for (const [key, reservedAt] of this.#reserved) if (reservedAt <= lost) this.#reserved.delete(key);
    for (const [key, { madeAt }] of this.#pending) if (madeAt <= lost) this.#pending.delete(key);
  }

  #outputs(transaction: Transaction, height: number | undefined, isCoinbase: boolean): WalletCoin[] {
    return transaction.outputs.flatMap(({ script, value }, index) => {
      const owner = this.#ownerOf(script);
      if (owner === undefined) return [];
      return [{ outPoint: { txid: transaction.txid, index }, value, script, owner, height, isCoinbase }];
    });
  }
}

function keyOf(outPoint: OutPoint): HashKey {
  return hashKey(outPointBytes(outPoint));
}
