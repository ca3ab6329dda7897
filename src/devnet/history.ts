/**
 * The blocks that a devnet begins with.
 *
 * They look as if they had been found one after the other until now: one a day, the last ones ten
 * minutes apart. So the median time past is as near as on any network, and nodes that are still
 * catching up know that they are, and do not announce each old block to all others.
 *
 * @module
 */
import type { Member } from "./devnet_node.ts";

const DAY = 24 * 60 * 60;
const TEN_MINUTES = 10 * 60;
/** More than the median time past looks back on. */
const RECENT_BLOCKS = 12;

/** Seconds before the last block at which block `index` of `count` was found. */
export function ageOf(index: number, count: number): number {
  const after = count - 1 - index;
  const days = Math.max(0, after - RECENT_BLOCKS + 1);
  return (after - days) * TEN_MINUTES + days * DAY;
}

/** Mines `count` blocks by a node that nobody is connected to yet. */
export async function mineHistory({ node, running }: Member, count: number, address: () => string): Promise<void> {
  const now = running.core.clock.unixTime();
  try {
    for (let index = 0; index < count; index++) {
      await running.command({ type: "set-mock-time", time: now - ageOf(index, count) });
      await node.mine(1, { address: address() });
    }
  } finally {
    await running.command({ type: "set-mock-time", time: 0 });
  }
}
