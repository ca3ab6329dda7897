/**
 * Finds out outbound peers that do not follow the best chain, since they hold a place that one of
 * use could have.
 *
 * ```text
 *           behind our tip              20 min pass                2 min more pass
 *  in step ───────────────▶ watched ────────────────▶ asked ──────────────────────▶ dropped
 *     ▲                       │  ▲                       │
 *     └───────────────────────┘  └───────────────────────┘
 *        has the work of our tip    has the work our tip had: watched again, with the tip of now
 * ```
 *
 * Source: Bitcoin Core, PeerManagerImpl::ConsiderEviction.
 *
 * @module
 */
import { addDuration, type Instant, minutes } from "../base/time.ts";
import type { BlockId } from "../chain/header_index.ts";

const CHAIN_SYNC_TIMEOUT = minutes(20);
const ANSWER_TIMEOUT = minutes(2);

export type ChainSyncState =
  | { readonly name: "in-step" }
  /** Must have as much work as `benchmark` by the end of `until`: a moment later it is too late. */
  | {
    readonly name: "watched" | "asked";
    readonly benchmark: BlockId;
    readonly work: bigint;
    readonly until: Instant;
  };

export const IN_STEP: ChainSyncState = { name: "in-step" };

export interface ChainSyncFacts {
  readonly now: Instant;
  /** Work of its best known block; `undefined` when none is known. */
  readonly peerWork: bigint | undefined;
  readonly tip: BlockId;
  readonly tipWork: bigint;
}

export interface ChainSyncStep {
  readonly state: ChainSyncState;
  readonly action: "none" | "ask" | "drop";
}

export function stepChainSync(state: ChainSyncState, facts: ChainSyncFacts): ChainSyncStep {
  const { now, peerWork, tip, tipWork } = facts;
  if (peerWork !== undefined && peerWork >= tipWork) return { state: IN_STEP, action: "none" };
  if (state.name === "in-step" || (peerWork !== undefined && peerWork >= state.work)) {
    const until = addDuration(now, CHAIN_SYNC_TIMEOUT);
    return { state: { name: "watched", benchmark: tip, work: tipWork, until }, action: "none" };
  }
  if (now <= state.until) return { state, action: "none" };
  if (state.name === "asked") return { state, action: "drop" };
  return { state: { ...state, name: "asked", until: addDuration(now, ANSWER_TIMEOUT) }, action: "ask" };
}
