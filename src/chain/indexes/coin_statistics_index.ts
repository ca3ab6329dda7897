/**
 * The hash over all unspent coins, and sums over them, as of each block (Bitcoin Core:
 * index/coinstatsindex.cpp).
 *
 * ```text
 * 'c' u32be row   totals (coin_totals.ts), checksum
 * ```
 *
 * The state of the hash, from which it goes on, stands only in the index's record.
 *
 * @module
 */
import { defined } from "../../base/assert.ts";
import { type Bytes, equalBytes } from "../../base/bytes.ts";
import { blockSubsidy } from "../../consensus/subsidy.ts";
import { MUHASH_STATE_BYTES, MuHash, type MuHashChange, muhashFactor } from "../../crypto/muhash.ts";
import type { ChainParams } from "../../params/chain_params.ts";
import { type BlockHash, displayHash } from "../../primitives/hash.ts";
import type { Transaction } from "../../primitives/transaction.ts";
import { isUnspendable } from "../../script/script.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import { bogoSize } from "../coin_serialisation.ts";
import type { BlockId } from "../header_index.ts";
import { readEntry, sealEntry } from "./checked_entry.ts";
import { CoinList } from "./coin_list.ts";
import {
  type CoinTotals, type CoinTotalsEntry, decodeTotals, encodeTotals, NO_COINS, totalUnspendable,
} from "./coin_totals.ts";
import {
  blockKey, type IndexBatch, type IndexedBlock, type Indexer, type RemovedBlock, type Work,
} from "./indexer.ts";

const PREFIX = 0x63;
/** To put one coin on the list of those that the hash changes by. */
const MICROSECONDS_EACH = 2;
const PIECE = 500;
/** To change the hash, and to tell it. */
const DIGEST_MICROSECONDS = 100;

/** Changes of fewer bytes, some fifty coins, are worked out here at once: to ask elsewhere takes as long. */
const HERE_BYTES_MAX = 4_096;
/** The most that this takes, a division among it. */
const HERE_MICROSECONDS = 4_000;

/** The two blocks of main whose coinbases were made anew before anyone spent them (BIP30). */
const OVERWRITTEN = new Map([
  [91_722, "00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e"],
  [91_812, "00000000000af0aed4792b1acee3d966af36cf5def14935db8de83d6f9306f2f"],
]);

/** `muhashFactor`, made elsewhere: `done` may be called in a later turn. */
export type MultiplyCoins = (change: MuHashChange, done: (factor: Bytes) => void) => void;

/** A sum that is being added to. */
type Sums = { -readonly [Name in keyof CoinTotals]: CoinTotals[Name] };

export class CoinStatisticsIndex implements Indexer {
  readonly kind = "coinstatsindex";
  readonly removesByBlock = true;
  readonly #store: KeyValueReader;
  readonly #params: ChainParams;
  readonly #multiply: MultiplyCoins;
  #set = new MuHash();
  #totals: CoinTotals = NO_COINS;

  constructor(store: KeyValueReader, params: ChainParams, multiply: MultiplyCoins) {
    this.#store = store;
    this.#params = params;
    this.#multiply = multiply;
  }

  /** As of the block; `undefined` when it was never indexed, or its entry is damaged. */
  find(id: BlockId, hash: BlockHash): CoinTotalsEntry | undefined {
    const value = readEntry(this.#store, blockKey(PREFIX, id));
    const entry = value === undefined ? undefined : decodeTotals(value);
    return entry !== undefined && equalBytes(entry.hash, hash) ? entry : undefined;
  }

  restore(best: BlockId, hash: BlockHash, state: Bytes): string | undefined {
    const entry = this.find(best, hash);
    if (entry === undefined) return "the totals of its last block are missing or damaged";
    if (state.length !== MUHASH_STATE_BYTES) return "the state of its hash is damaged";
    const set = MuHash.of(state);
    if (!equalBytes(set.digest(), entry.muhash)) return "the state of its hash does not fit its last block";
    this.#set = set;
    this.#totals = entry.totals;
    return undefined;
  }

  *append(indexed: IndexedBlock, batch: IndexBatch): Work {
    const { id, hash, height } = indexed;
    const sums: Sums = { ...this.#totals };
    const subsidy = BigInt(blockSubsidy(height, this.#params));
    sums.subsidy += subsidy;
    const change = new CoinsChange();
    if (height === 0) sums.unspendableGenesis += subsidy;
    else yield* this.#addBlock(indexed, subsidy, sums, change);
    // Whatever was neither paid out nor burnt: the miner did not claim it.
    const made = sums.newOutputs + sums.coinbase + totalUnspendable(sums);
    sums.unclaimedRewards += sums.prevoutsSpent + sums.subsidy - made;
    yield* this.#change(change.made());
    const muhash = this.#set.digest();
    this.#totals = sums;
    const key = blockKey(PREFIX, id);
    batch.put(key, sealEntry(key, encodeTotals({ hash, muhash, totals: sums })));
  }

  *remove({ previous, previousHash, height, hash, block, spent }: RemovedBlock): Work<boolean> {
    if (block === undefined || spent === undefined) return false;
    if (previous === undefined || previousHash === undefined) return false;
    const before = this.find(previous, previousHash);
    if (before === undefined) return false;
    const change = new CoinsChange();
    let next = 0;
    for (const transaction of block.transactions) {
      const { isCoinbase } = transaction;
      if (isCoinbase && isOverwritten(height, hash)) continue;
      for (const [index, { script, value }] of transaction.outputs.entries()) {
        if (isUnspendable(script)) continue;
        const coin = { script, value, height, isCoinbase };
        change.removed.add({ txid: transaction.txid, index }, coin);
        if (index % PIECE === PIECE - 1) yield PIECE * MICROSECONDS_EACH;
      }
      yield Math.min(transaction.outputs.length, PIECE) * MICROSECONDS_EACH;
      if (isCoinbase) continue;
      for (const { prevout } of transaction.inputs) {
        const coin = spent[next++];
        if (coin === undefined) return false;
        change.inserted.add(prevout, coin);
        if (next % PIECE === 0) yield PIECE * MICROSECONDS_EACH;
      }
    }
    yield* this.#change(change.made());
    this.#totals = before.totals;
    return equalBytes(this.#set.digest(), before.muhash);
  }

  state(): Bytes {
    return this.#set.state();
  }

  isIntact(): boolean {
    return true;
  }

  *#change(change: MuHashChange): Work {
    if (change.inserted.length + change.removed.length < HERE_BYTES_MAX) {
      this.#set.multiply(muhashFactor(change));
      yield change.removed.length === 0 ? DIGEST_MICROSECONDS : HERE_MICROSECONDS;
      return;
    }
    let factor: Bytes | undefined;
    this.#multiply(change, (made) => {
      factor = made;
    });
    const wait = {
      get isOver() {
        return factor !== undefined;
      },
    };
    if (!wait.isOver) yield wait;
    this.#set.multiply(defined(factor, "it is waited for"));
    yield DIGEST_MICROSECONDS;
  }

  *#addBlock(
    { block, hash, height, spent }: IndexedBlock, subsidy: bigint, sums: Sums, change: CoinsChange,
  ): Work {
    let next = 0;
    for (const transaction of block.transactions) {
      if (transaction.isCoinbase && isOverwritten(height, hash)) {
        sums.unspendableBip30 += subsidy;
        continue;
      }
      yield* this.#addOutputs(transaction, height, sums, change);
      if (transaction.isCoinbase) continue;
      // A double holds what one transaction moves, and nothing need be added up in parts.
      let value = 0;
      for (const { prevout } of transaction.inputs) {
        const coin = spent[next++];
        if (coin === undefined) continue;
        change.removed.add(prevout, coin);
        value += coin.value;
        sums.outputs--;
        sums.bogoSize -= bogoSize(coin.script);
        if (next % PIECE === 0) yield PIECE * MICROSECONDS_EACH;
      }
      sums.prevoutsSpent += BigInt(value);
      sums.amount -= BigInt(value);
    }
  }

  *#addOutputs(
    { isCoinbase, outputs, txid }: Transaction, height: number, sums: Sums, change: CoinsChange,
  ): Work {
    let [made, burnt] = [0, 0];
    for (const [index, { script, value }] of outputs.entries()) {
      if (isUnspendable(script)) {
        burnt += value;
        continue;
      }
      change.inserted.add({ txid, index }, { script, value, height, isCoinbase });
      made += value;
      sums.outputs++;
      sums.bogoSize += bogoSize(script);
      if (index % PIECE === PIECE - 1) yield PIECE * MICROSECONDS_EACH;
    }
    sums.unspendableScripts += BigInt(burnt);
    if (isCoinbase) sums.coinbase += BigInt(made);
    else sums.newOutputs += BigInt(made);
    sums.amount += BigInt(made);
    yield Math.min(outputs.length, PIECE) * MICROSECONDS_EACH;
  }
}

/** The coins that a block makes and spends, as they are hashed. */
class CoinsChange {
  readonly inserted = new CoinList();
  readonly removed = new CoinList();

  made(): MuHashChange {
    return { inserted: this.inserted.bytes(), removed: this.removed.bytes() };
  }
}

function isOverwritten(height: number, hash: BlockHash): boolean {
  return OVERWRITTEN.has(height) && OVERWRITTEN.get(height) === displayHash(hash);
}
