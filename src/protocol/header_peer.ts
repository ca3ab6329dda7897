import type { Instant } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import { type ChainSyncState, IN_STEP } from "./chain_sync_timeout.ts";
import type { HeaderPresync } from "./header_presync.ts";

/** What header sync knows of one peer. */
export interface HeaderPeer {
  readonly peer: Peer;
  /** When `getheaders` was sent and not yet answered. */
  askedAt: Instant | undefined;
  /** When the initial sync with it must be over; `undefined` when none is on, or it is over. */
  deadline: Instant | undefined;
  /** When, asked for all its headers, it came to their end. */
  toldAllAt: Instant | undefined;
  wasAskedForAnInv: boolean;
  wasToldSendHeaders: boolean;
  isProtected: boolean;
  chainSync: ChainSyncState;
  /** When it last told of a block with more work than our tip. */
  lastAnnouncement: Instant | undefined;
  /** Its chain has not shown yet that it is worth remembering. */
  presync: HeaderPresync | undefined;
  /** Useless headers that it may still send, as of `allowanceAt`. */
  allowance: number;
  allowanceAt: Instant;
}

export function newHeaderPeer(peer: Peer, now: Instant, allowance: number): HeaderPeer {
  return {
    peer, askedAt: undefined, deadline: undefined, toldAllAt: undefined, wasAskedForAnInv: false,
    wasToldSendHeaders: false, isProtected: false, chainSync: IN_STEP, lastAnnouncement: undefined,
    presync: undefined, allowance, allowanceAt: now,
  };
}
