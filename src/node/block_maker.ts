import type { Bytes } from "../base/bytes.ts";
import type { Clock } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Mempool } from "../mempool/mempool.ts";
import { assembleBlock, type BlockRequest, buildBlock } from "../mining/template.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { Txid } from "../primitives/hash.ts";
import { Transaction } from "../primitives/transaction.ts";

/** Makes unsolved blocks on top of the tip. */
export class BlockMaker {
  readonly #chain: ChainState;
  readonly #mempool: Mempool;
  readonly #clock: Clock;

  constructor(chain: ChainState, mempool: Mempool, clock: Clock) {
    this.#chain = chain;
    this.#mempool = mempool;
    this.#clock = clock;
  }

  /** The best that the mempool can make, paying to `script`. */
  fromMempool(script: Bytes): Block {
    return assembleBlock(this.#request(script), this.#mempool.entries());
  }

  /**
   * Exactly these transactions in this order; a txid stands for one of the mempool. The coinbase
   * takes the subsidy alone, as Bitcoin Core's `generateblock` does: what they pay is not known.
   *
   * @returns the txid that the mempool does not have, if there is one
   */
  fromTransactions(script: Bytes, wanted: readonly (Transaction | Txid)[]): Block | { readonly missing: Txid } {
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
    return { params, previous, previousHash: headers.hash(tip), script, time: this.#clock.unixTime() };
  }
}
