import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Peer } from "../peer/peer.ts";

/** What the operator lets be sent. */
export interface UploadLimit {
  /** Whether so much was sent that nothing is to spare: for others' old blocks, or for anything optional. */
  isReached(forHistory: boolean): boolean;
}

/** Blocks older than this, in seconds, are asked for by who catches up: others can help with that. */
const HISTORY_SECONDS = 7 * 24 * 60 * 60;

/** Whether to refuse what takes a block as old as `id`, or all blocks (`undefined`), to answer. */
export function isOverLimit(
  peer: Peer, uploads: UploadLimit, { headers, bestHeader }: Pick<ChainState, "headers" | "bestHeader">,
  id: BlockId | undefined,
): boolean {
  if (peer.permissions.has("download") || !uploads.isReached(true)) return false;
  return id === undefined || headers.time(bestHeader) - headers.time(id) > HISTORY_SECONDS;
}
