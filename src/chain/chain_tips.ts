import type { ActiveChain } from "./active_chain.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

export interface ChainTip {
  readonly id: BlockId;
  /** Blocks from the active chain to this tip. */
  readonly branchLength: number;
  readonly status: "active" | "valid-fork" | "valid-headers" | "headers-only" | "invalid";
}

/** The tip, and each block off the active chain that nothing builds on; the highest first. */
export function chainTips(headers: HeaderIndex, active: ActiveChain): readonly ChainTip[] {
  const hasChild = new Uint8Array(headers.size);
  for (let id = headers.size - 1; id > 0; id--) hasChild[headers.previous(id as BlockId) ?? 0] = 1;
  const tips: ChainTip[] = [];
  for (let row = 0; row < headers.size; row++) {
    const id = row as BlockId;
    if (id !== active.tip && (hasChild[row] === 1 || active.has(id))) continue;
    const branchLength = headers.height(id) - headers.height(active.forkWith(id));
    tips.push({ id, branchLength, status: statusOf(headers, active, id) });
  }
  return tips.sort((a, b) => headers.height(b.id) - headers.height(a.id) || a.id - b.id);
}

function statusOf({ blocks }: HeaderIndex, active: ActiveChain, id: BlockId): ChainTip["status"] {
  if (active.has(id)) return "active";
  if (blocks.isInvalid(id)) return "invalid";
  // Even if some of its blocks are pruned by now.
  if (blocks.wasConnected(id)) return "valid-fork";
  return blocks.isLinked(id) ? "valid-headers" : "headers-only";
}
