/**
 * The coins that one block spends, as they stand beside it: in the order of its inputs.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { saltedHash, wordAt } from "../base/salted_hash.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockLayout } from "../primitives/block_layout.ts";
import type { Coin } from "../primitives/coin.ts";
import { HASH_BYTES } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { CoinSearch } from "./coin_changes.ts";
import type { FoundCoin } from "./found_coin.ts";

/** Where the index stands in an outpoint. */
const INDEX = HASH_BYTES;

/** None is needed: a block comes to this after its work was checked, and by itself. */
const NO_SALT = { first: 0, second: 0 };

/** Those that were there before the block: what it makes itself is there when it has made it. */
export class GivenCoins implements CoinSearch {
  readonly #layout: BlockLayout;
  readonly #spent: readonly Coin[];
  /** Of inputs, the coinbase's not counted. */
  readonly #places: NumberTable;

  /** `spent` has one for each input of each transaction but the coinbase. */
  constructor(layout: BlockLayout, spent: readonly Coin[]) {
    this.#layout = layout;
    this.#spent = spent;
    this.#places = new NumberTable(spent.length);
  }

  /** The coin of this input is one of them. */
  add(at: number): void {
    const { bytes } = this.#layout;
    const outPoint = this.#outPoint(at);
    this.#places.add(at, this.hashOf(bytes, outPoint, wordAt(bytes, outPoint + INDEX)));
  }

  hashOf(bytes: Bytes, offset: number, index: number): number {
    return saltedHash(NO_SALT, wordAt(bytes, offset), wordAt(bytes, offset + 4), index);
  }

  /** Finds none that is worth less than nothing: what is wrong with it, the rules proper say. */
  find(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): boolean {
    const coin = this.#search(bytes, offset, index, hash);
    if (coin === undefined || coin.value < 0) return false;
    found.set(coin);
    return true;
  }

  get({ txid, index }: OutPoint): Coin | undefined {
    return this.#search(txid, 0, index, this.hashOf(txid, 0, index));
  }

  #search(ids: Bytes, offset: number, index: number, hash: number): Coin | undefined {
    const { bytes } = this.#layout;
    const at = this.#places.find(hash, (each) => {
      const outPoint = this.#outPoint(each);
      if (wordAt(bytes, outPoint + INDEX) !== (index | 0)) return false;
      return isSameHash(bytes, outPoint, ids, offset);
    });
    return this.#spent[at];
  }

  #outPoint(at: number): number {
    const { firstInputs, outPoints } = this.#layout;
    return outPoints[(firstInputs[1] as number) + at] as number;
  }
}

/** Which transaction of a block has an id. */
export class BlockIds {
  readonly #txids: Bytes;
  readonly #numbers: NumberTable;

  constructor({ transactionCount, txids }: Block) {
    this.#txids = txids;
    this.#numbers = new NumberTable(transactionCount);
    for (let i = 0; i < transactionCount; i++) this.#numbers.add(i, wordAt(txids, i * HASH_BYTES));
  }

  /** The number of the transaction; -1 for none. */
  find(bytes: Bytes, offset: number): number {
    return this.#numbers.find(wordAt(bytes, offset), (number) => {
      return isSameHash(this.#txids, number * HASH_BYTES, bytes, offset);
    });
  }
}

/** A hash table of numbers, whose keys stand elsewhere. */
class NumberTable {
  /** Number + 1; zero for none. */
  readonly #slots: Int32Array;

  constructor(count: number) {
    this.#slots = new Int32Array(2 << (32 - Math.clz32(count)));
  }

  add(number: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number + 1;
  }

  /** The first that `isIt`; -1 for none. */
  find(hash: number, isIt: (number: number) => boolean): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0 || isIt(number)) return number;
    }
  }
}

function isSameHash(a: Bytes, at: number, b: Bytes, offset: number): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (a[at + i] !== b[offset + i]) return false;
  return true;
}
