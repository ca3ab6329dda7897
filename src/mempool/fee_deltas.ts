import { MONEY_MAX } from "../primitives/amount.ts";
import { hashKey, type HashKey, type Txid } from "../primitives/hash.ts";

/**
 * What the operator adds to the fees of transactions by hand, in satoshi, whether they are here or
 * not yet (`prioritisetransaction`). It changes what they are worth to us, not what they pay.
 */
export class FeeDeltas {
  readonly #deltas = new Map<HashKey, { readonly txid: Txid; readonly delta: number }>();

  get isEmpty(): boolean {
    return this.#deltas.size === 0;
  }

  of(txid: Txid): number {
    return this.#deltas.get(hashKey(txid))?.delta ?? 0;
  }

  /** On top of what was added before; returns the sum, which stays within all coins there are. */
  add(txid: Txid, change: number): number {
    const delta = Math.max(-MONEY_MAX, Math.min(this.of(txid) + change, MONEY_MAX));
    if (delta === 0) this.forget(txid);
    else this.#deltas.set(hashKey(txid), { txid, delta });
    return delta;
  }

  forget(txid: Txid): void {
    this.#deltas.delete(hashKey(txid));
  }

  /** None of them zero. */
  entries(): Iterable<{ readonly txid: Txid; readonly delta: number }> {
    return this.#deltas.values();
  }
}
