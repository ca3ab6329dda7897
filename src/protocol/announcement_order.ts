import { compareBytes } from "../base/bytes.ts";
import type { Mempool, MempoolEntry } from "../mempool/mempool.ts";

/**
 * In which order transactions are told: parents before children, then by fee rate, best first.
 *
 * The order in which they came to us stays our secret: it would tell who sent what first. Where an
 * entry stands never changes, so that each peer can have a heap of what waits for it.
 */
export class AnnouncementOrder {
  readonly #mempool: Pick<Mempool, "get">;
  /** Generations of parents that were in the mempool when it was first looked at. */
  readonly #depths = new WeakMap<MempoolEntry, number>();

  constructor(mempool: Pick<Mempool, "get">) {
    this.#mempool = mempool;
  }

  readonly isBefore = (a: MempoolEntry, b: MempoolEntry): boolean => {
    const difference = this.#depth(a) - this.#depth(b) || rate(b) - rate(a);
    return (difference || compareBytes(a.transaction.wtxid, b.transaction.wtxid)) < 0;
  };

  #depth(entry: MempoolEntry): number {
    const known = this.#depths.get(entry);
    if (known !== undefined) return known;
    const depth = this.#depthOver(entry);
    this.#depths.set(entry, depth);
    return depth;
  }

  #depthOver({ transaction, sequence }: MempoolEntry): number {
    let depth = 0;
    for (const { prevout } of transaction.inputs) {
      const parent = this.#mempool.get(prevout.txid);
      // Only what was there before it: that ends, whatever the mempool says.
      if (parent === undefined || parent.sequence >= sequence) continue;
      depth = Math.max(depth, this.#depth(parent) + 1);
    }
    return depth;
  }
}

function rate({ fee, vsize }: MempoolEntry): number {
  return fee / vsize;
}
