import { compareBytes } from "../base/bytes.ts";
import type { MempoolEntry } from "../mempool/mempool.ts";
import { type HashKey, hashKey } from "../primitives/hash.ts";

/**
 * `entries` in the order to announce them: parents before children, then by fee rate, best first.
 *
 * The order in which they came to us stays our secret: it would tell who sent what first.
 */
export function announcementOrder(entries: readonly MempoolEntry[]): MempoolEntry[] {
  const depths = depthsOf(entries);
  const depth = (entry: MempoolEntry): number => depths.get(entry) ?? 0;
  const rate = ({ fee, vsize }: MempoolEntry): number => fee / vsize;
  return entries.toSorted((a, b) => {
    return depth(a) - depth(b) || rate(b) - rate(a) || compareBytes(a.transaction.wtxid, b.transaction.wtxid);
  });
}

/** How many generations of parents each has among `entries`. */
function depthsOf(entries: readonly MempoolEntry[]): ReadonlyMap<MempoolEntry, number> {
  const byTxid = new Map<HashKey, MempoolEntry>();
  const depths = new Map<MempoolEntry, number>();
  // A parent was admitted before its children.
  for (const entry of entries.toSorted((a, b) => a.sequence - b.sequence)) {
    let depth = 0;
    for (const { prevout } of entry.transaction.inputs) {
      const parent = byTxid.get(hashKey(prevout.txid));
      if (parent !== undefined) depth = Math.max(depth, (depths.get(parent) ?? 0) + 1);
    }
    byTxid.set(hashKey(entry.transaction.txid), entry);
    depths.set(entry, depth);
  }
  return depths;
}
