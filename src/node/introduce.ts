import { type Rng, u64 } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { isTipWithin } from "../chain/tip_age.ts";
import type { Introduction } from "../peer/introduction.ts";
import {
  NODE_BLOOM, NODE_COMPACT_FILTERS, NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_P2P_V2, NODE_WITNESS,
} from "../wire/services.ts";
import type { NodeOptions } from "./node_options.ts";

/** How far behind, in blocks, a peer with recent blocks only is still of use (BIP159, with room to spare). */
const RECENT_BLOCKS = 144;

/**
 * What this node offers to others; `hasHistory`: blocks as old as any are here, or are at least not
 * missing.
 */
export function localServices(
  { pruneTarget, peerBloomFilters, peerBlockFilters, v2Transport }: NodeOptions, hasHistory = true,
): bigint {
  let services = NODE_WITNESS | NODE_NETWORK_LIMITED;
  if (pruneTarget === undefined && hasHistory) services |= NODE_NETWORK;
  if (peerBloomFilters) services |= NODE_BLOOM;
  if (peerBlockFilters) services |= NODE_COMPACT_FILTERS;
  if (v2Transport) services |= NODE_P2P_V2;
  return services;
}

/** The same as of now: blocks that are checked in the background are not all here yet. */
export function currentServices(options: NodeOptions, chain: Pick<ChainState, "historicalRange">): bigint {
  return localServices(options, chain.historicalRange === undefined);
}

/** What we say about ourselves in `version`, as of now. */
export function introduce(options: NodeOptions, chain: ChainState, clock: Clock, rng: Rng): Introduction {
  return {
    services: currentServices(options, chain),
    userAgent: options.userAgent,
    height: chain.headers.height(chain.tip),
    blocksOnly: options.blocksOnly,
    isTipRecent: isTipRecent(chain, clock),
    time: clock.unixTime(),
    ...(options.reconciles ? { reconciliationSalt: u64(rng) } : {}),
  };
}

/** Our tip is no more than a day's blocks old. */
export function isTipRecent(chain: ChainState, clock: Clock): boolean {
  return isTipWithin(chain, clock, RECENT_BLOCKS);
}
