import { defined } from "../base/assert.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { scriptFlagsAt } from "../consensus/deployments.ts";
import type { ChainView } from "../mempool/mempool.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint } from "../primitives/transaction.ts";

/** The chain as the mempool sees it: what a block on top of the tip could spend, and under which rules. */
export class TipView implements ChainView {
  readonly #chain: ChainState;

  constructor(chain: ChainState) {
    this.#chain = chain;
  }

  get tipHeight(): number {
    return this.#chain.headers.height(this.#chain.tip);
  }

  get tipMedianTimePast(): number {
    return this.#chain.headers.medianTimePast(this.#chain.tip);
  }

  get nextBlockScriptFlags(): number {
    return scriptFlagsAt(this.tipHeight + 1, undefined, this.#chain.params);
  }

  get coinbaseMaturity(): number {
    return this.#chain.params.money.coinbaseMaturity;
  }

  coin(outPoint: OutPoint): Coin | undefined {
    return this.#chain.coin(outPoint);
  }

  medianTimePastAt(height: number): number {
    const id = defined(this.#chain.activeAt(height), `height ${height} is on the active chain`);
    return this.#chain.headers.medianTimePast(id);
  }
}
