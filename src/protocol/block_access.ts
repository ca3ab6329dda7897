/**
 * Which blocks we show to whom: what others may learn from our answers is bounded here.
 *
 * @module
 */
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { blockWork } from "../primitives/target.ts";
import type { Peer } from "../peer/peer.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED } from "../wire/services.ts";
import { LIMITED_BLOCKS_MIN } from "./peer_services.ts";

/** Stale blocks older than this, in seconds, would tell one node from another. */
const STALE_SECONDS_MAX = 30 * 24 * 60 * 60;
/** Two blocks may come while a request is on its way. */
const LIMITED_SLACK_BLOCKS = 2;

/**
 * Whether to answer for block `id` at all: it is on our chain, or is a fully checked one that left
 * it, by time and by work, within the last month (Bitcoin Core: BlockRequestAllowed).
 */
export function isServable(
  chain: Pick<ChainState, "headers" | "bestHeader" | "isActive" | "params">, id: BlockId,
): boolean {
  if (chain.isActive(id)) return true;
  const { headers, bestHeader } = chain;
  if (headers.validity(id) !== "connected" || headers.isInvalid(id)) return false;
  if (headers.time(bestHeader) - headers.time(id) >= STALE_SECONDS_MAX) return false;
  const workBehind = headers.chainWork(bestHeader) - headers.chainWork(id);
  const blocksBehind = workBehind / blockWork(headers.bits(bestHeader));
  return Number(blocksBehind) * chain.params.work.targetSpacing < STALE_SECONDS_MAX;
}

/** Whether a node that says it keeps only recent blocks would betray how many it has by sending this one. */
export function isBelowLimit(
  peer: Peer, ourServices: bigint, chain: Pick<ChainState, "headers" | "tip">, id: BlockId,
): boolean {
  if (peer.permissions.has("noban")) return false;
  if ((ourServices & (NODE_NETWORK | NODE_NETWORK_LIMITED)) !== NODE_NETWORK_LIMITED) return false;
  const depth = chain.headers.height(chain.tip) - chain.headers.height(id);
  return depth > LIMITED_BLOCKS_MIN + LIMITED_SLACK_BLOCKS;
}
