import { defined } from "../base/assert.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { ActiveChain } from "./active_chain.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";

/** The last ten blocks are named one by one, since forks are short; from there on the steps double. */
const DENSE_ENTRIES = 10;

/** Hashes from `id` back to genesis, ever further apart. */
export function locatorFrom(headers: HeaderIndex, id: BlockId): readonly BlockHash[] {
  const locator: BlockHash[] = [];
  let step = 1;
  let height = headers.height(id);
  while (height > 0) {
    const entry = defined(headers.ancestor(id, height), "a block has an ancestor at each height below it");
    locator.push(headers.hash(entry));
    height -= step;
    if (locator.length > DENSE_ENTRIES) step *= 2;
  }
  locator.push(headers.hash(GENESIS));
  return locator;
}

/**
 * The first block of `locator` that is on the active chain, or genesis; our tip for one that builds on it.
 */
export function forkOfLocator(
  headers: HeaderIndex,
  active: ActiveChain,
  locator: readonly BlockHash[],
): BlockId {
  for (const hash of locator) {
    const id = headers.find(hash);
    if (id === undefined) continue;
    if (active.has(id)) return id;
    if (headers.descendsFrom(id, active.tip)) return active.tip;
  }
  return GENESIS;
}
