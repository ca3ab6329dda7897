import type { Bytes } from "../base/bytes.ts";
import type { Clock } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Mempool, MempoolEntry } from "../mempool/mempool.ts";
import { type BlockLimits, selectTransactions } from "../mining/select_transactions.ts";
import { type BlockRequest, buildBlock } from "../mining/template.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { Txid } from "../primitives/hash.ts";
import { Transaction } from "../primitives/transaction.ts";

/** A block that is not solved, and what the mempool knows of its transactions after the coinbase. */
export interface MadeBlock {
  readonly block: Block;
  readonly entries: readonly MempoolEntry[];
}

/** Makes unsolved blocks on top of the tip. */
export class BlockMaker {
  readonly #chain: ChainState;
  readonly #mempool: Mempool;
  readonly #clock: Clock;
  readonly #limits: BlockLimits;
  #last: { readonly transactions: number; readonly weight: number } | undefined;

  constructor(chain: ChainState, mempool: Mempool, clock: Clock, limits: BlockLimits) {
    this.#chain = chain;
    this.#mempool = mempool;
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Of the block last made of the mempool: its transactions after the coinbase, and its weight with what is
   * reserved.
   */
  get last(): { readonly transactions: number; readonly weight: number } | undefined {
    return this.#last;
  }

  /** The best that the mempool can make, paying to `script`. */
  fromMempool(script: Bytes): MadeBlock {
    const request = this.#request(script);
    const { height, medianTimePast } = request.previous;
    const place = { height: height + 1, medianTimePast };
    const entries = selectTransactions(this.#mempool.entries(), place, this.#limits);
    const fees = entries.reduce((total, { fee }) => total + fee, 0) as Sats;
    const { reservedWeight } = this.#limits;
    const weight = entries.reduce((total, { transaction }) => total + transaction.weight, reservedWeight);
    this.#last = { transactions: entries.length, weight };
    return { block: buildBlock(request, entries.map(({ transaction }) => transaction), fees), entries };
  }

  /**
   * Exactly these transactions in this order; a txid stands for one of the mempool. The coinbase
   * takes the subsidy alone, as Bitcoin Core's `generateblock` does: what they pay is not known.
   *
   * @returns the txid that the mempool does not have, if there is one
   */
  fromTransactions(
    script: Bytes, wanted: readonly (Transaction | Txid)[],
  ): Block | { readonly missing: Txid } {
    const transactions: Transaction[] = [];
    for (const each of wanted) {
      const transaction = each instanceof Transaction ? each : this.#mempool.get(each)?.transaction;
      if (transaction === undefined) return { missing: each as Txid };
      transactions.push(transaction);
    }
    return buildBlock(this.#request(script), transactions, 0 as Sats);
  }

  #request(script: Bytes): BlockRequest {
    const { headers, tip, params } = this.#chain;
    const previous = headers.context(tip);
    const { version } = this.#limits;
    const time = this.#clock.unixTime();
    return { params, previous, previousHash: headers.hash(tip), script, time, version };
  }
}
