/**
 * What one block does to the unspent coins, as numbers of its inputs and outputs in a flat table:
 * what `CoinChanges` is for any change, without an object for each coin.
 *
 * ```text
 * entry    hash, and what: the number of an output; or ~ the number of an input that spends a coin
 *          which was there before the block
 * slots    entry + 1; zero for none
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import type { Block } from "../primitives/block.ts";
import { type BlockLayout, valueAt } from "../primitives/block_layout.ts";
import type { Coin } from "../primitives/coin.ts";
import { HASH_BYTES, type Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { CoinChange, CoinLayer, CoinSearch } from "./coin_changes.ts";
import { coinCode } from "./coin_codec.ts";
import type { CoinsCache } from "./coins_cache.ts";
import { type Finding, FoundCoin, IS_COIN, IS_SPENT, UNKNOWN } from "./found_coin.ts";

/** Where the index stands in an outpoint. */
const INDEX = HASH_BYTES;

export class BlockCoins implements CoinLayer {
  readonly #layout: BlockLayout;
  readonly #txids: Bytes;
  readonly #height: number;
  readonly #search: CoinSearch;
  readonly #hashes: Int32Array;
  readonly #whats: Int32Array;
  /** Of an output: the number of its transaction. */
  readonly #owners: Int32Array;
  /** Of an output: 1 once the block has spent it. */
  readonly #isSpent: Uint8Array;
  readonly #slots: Int32Array;
  readonly #mask: number;
  #count = 0;

  /** `search` is only asked where outpoints are in its tables. */
  constructor({ layout, txids }: Block, height: number, search: CoinSearch) {
    const entries = layout.inputCount + layout.outputCount;
    this.#layout = layout;
    this.#txids = txids;
    this.#height = height;
    this.#search = search;
    this.#hashes = new Int32Array(entries);
    this.#whats = new Int32Array(entries);
    this.#owners = new Int32Array(entries);
    this.#isSpent = new Uint8Array(entries);
    const slots = 2 << (32 - Math.clz32(entries));
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
  }

  /** A coin that the block itself has made, `found` and spent now; the outpoint as in `CoinSearch.find`. */
  take(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): Finding {
    const entry = this.#entry(bytes, offset, index, hash);
    const finding = this.#finding(entry, found);
    if (finding === IS_COIN) this.#isSpent[entry] = 1;
    return finding;
  }

  /** The input spends a coin that was there before the block. */
  spendBelow(input: number, hash: number): void {
    this.#append(~input, 0, hash);
  }

  /** The outpoint of the output is new. */
  add(output: number, transaction: number, hash: number): void {
    this.#append(output, transaction, hash);
  }

  search(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): Finding {
    return this.#finding(this.#entry(bytes, offset, index, hash), found);
  }

  changed(outPoint: OutPoint): CoinChange | undefined {
    const { txid, index } = outPoint;
    const found = new FoundCoin();
    const finding = this.search(txid, 0, index, this.#search.hashOf(txid, 0, index), found);
    if (finding === UNKNOWN) return undefined;
    return { outPoint, coin: finding === IS_COIN ? found.coin() : undefined };
  }

  *changes(): Iterable<CoinChange> {
    for (let entry = 0; entry < this.#count; entry++) {
      if (this.#isSpent[entry] === 1) continue;
      const what = this.#whats[entry] as number;
      const outPoint = what < 0 ? this.#spentOutPoint(~what) : this.#madeOutPoint(entry, what);
      yield { outPoint, coin: what < 0 ? undefined : this.#coin(entry) };
    }
  }

  applyTo(coins: CoinsCache): void {
    const { bytes, firstOutputs, outPoints } = this.#layout;
    const found = new FoundCoin();
    for (let entry = 0; entry < this.#count; entry++) {
      if (this.#isSpent[entry] === 1) continue;
      const hash = (this.#hashes[entry] as number) >>> 0;
      const what = this.#whats[entry] as number;
      if (what < 0) {
        const at = outPoints[~what] as number;
        coins.spendFound(bytes, at, wordAt(bytes, at + INDEX) >>> 0, hash);
      } else {
        const owner = this.#owners[entry] as number;
        const index = what - (firstOutputs[owner] as number);
        this.#read(entry, what, found);
        // Two early blocks made coins that were there already (BIP30): only a coinbase can.
        coins.addFound(this.#txids, owner * HASH_BYTES, index, hash, found, owner === 0);
      }
    }
  }

  #append(what: number, owner: number, hash: number): void {
    const entry = this.#count++;
    this.#hashes[entry] = hash;
    this.#whats[entry] = what;
    this.#owners[entry] = owner;
    let slot = hash & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = entry + 1;
  }

  /** -1 for none. */
  #entry(bytes: Bytes, offset: number, index: number, hash: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return entry;
      if (this.#hashes[entry] === (hash | 0) && this.#isOf(entry, bytes, offset, index)) return entry;
    }
  }

  #isOf(entry: number, bytes: Bytes, offset: number, index: number): boolean {
    const { bytes: block, firstOutputs, outPoints } = this.#layout;
    const what = this.#whats[entry] as number;
    const owner = this.#owners[entry] as number;
    const ids = what < 0 ? block : this.#txids;
    const at = what < 0 ? outPoints[~what] as number : owner * HASH_BYTES;
    const ownIndex = what < 0 ? wordAt(block, at + INDEX) : what - (firstOutputs[owner] as number);
    if (ownIndex !== (index | 0)) return false;
    for (let i = 0; i < HASH_BYTES; i++) if (ids[at + i] !== bytes[offset + i]) return false;
    return true;
  }

  #finding(entry: number, found: FoundCoin): Finding {
    if (entry < 0) return UNKNOWN;
    const what = this.#whats[entry] as number;
    if (what < 0 || this.#isSpent[entry] === 1) return IS_SPENT;
    this.#read(entry, what, found);
    return IS_COIN;
  }

  #read(entry: number, output: number, found: FoundCoin): void {
    const { bytes, scriptEnds, scripts, values } = this.#layout;
    found.value = valueAt(bytes, values[output] as number);
    found.code = coinCode(this.#height, this.#owners[entry] === 0);
    found.bytes = bytes;
    found.start = scripts[output] as number;
    found.end = scriptEnds[output] as number;
  }

  #coin(entry: number): Coin {
    const found = new FoundCoin();
    this.#read(entry, this.#whats[entry] as number, found);
    return found.coin();
  }

  #spentOutPoint(input: number): OutPoint {
    const { bytes, outPoints } = this.#layout;
    const at = outPoints[input] as number;
    return { txid: bytes.slice(at, at + HASH_BYTES) as Txid, index: wordAt(bytes, at + INDEX) >>> 0 };
  }

  #madeOutPoint(entry: number, output: number): OutPoint {
    const owner = this.#owners[entry] as number;
    const txid = this.#txids.slice(owner * HASH_BYTES, (owner + 1) * HASH_BYTES) as Txid;
    return { txid, index: output - (this.#layout.firstOutputs[owner] as number) };
  }
}
