/**
 * Which outbound peer goes when there is one more than there should be for a while: the one that has
 * been of least use. Rules and log texts are Bitcoin Core's (net_processing.cpp, EvictExtraOutboundPeers).
 *
 * @module
 */
import { type Duration, elapsed, type Instant, seconds } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";

/** A peer needs time to show what it knows. */
const LEAST_CONNECTED: Duration = seconds(30);

export interface OutboundPeer {
  readonly id: PeerId;
  readonly connectedAt: Instant;
  readonly lastBlockAt: Instant | undefined;
  /** When it last told of a block with more work than our tip. */
  readonly lastAnnouncement: Instant | undefined;
  /** Blocks that it has been asked for. */
  readonly inFlight: number;
  /** It has a good chain, and keeps its place whatever else. */
  readonly isProtected: boolean;
  /** We have no other lasting peer on its network. */
  readonly isOnlyOfNetwork: boolean;
}

export interface ExtraChoice {
  readonly peer: OutboundPeer;
  /** Whether it goes now; a peer that is new, or sends us a block, is left alone for the moment. */
  readonly goes: boolean;
}

/**
 * Of block-relay peers, by id ascending, of which there is one too many: the youngest, who was only to
 * show us its headers, unless it brought a block later than the one before it did.
 */
export function chooseExtraBlockRelay(peers: readonly OutboundPeer[], now: Instant): ExtraChoice | undefined {
  const youngest = peers.at(-1);
  const next = peers.at(-2);
  if (youngest === undefined) return undefined;
  const isOfUse = next !== undefined && (youngest.lastBlockAt ?? 0) > (next.lastBlockAt ?? 0);
  return judged(isOfUse ? next : youngest, now);
}

/** Of full-relay peers of which there is one too many: the one that announced a block longest ago. */
export function chooseExtraFullRelay(peers: readonly OutboundPeer[], now: Instant): ExtraChoice | undefined {
  let worst: OutboundPeer | undefined;
  for (const peer of peers) {
    if (peer.isProtected || peer.isOnlyOfNetwork) continue;
    if (worst === undefined || isWorse(peer, worst)) worst = peer;
  }
  return worst === undefined ? undefined : judged(worst, now);
}

/** Of equals, the younger. */
function isWorse(a: OutboundPeer, b: OutboundPeer): boolean {
  const [ours, theirs] = [a.lastAnnouncement ?? 0, b.lastAnnouncement ?? 0];
  return ours < theirs || (ours === theirs && a.id > b.id);
}

function judged(peer: OutboundPeer, now: Instant): ExtraChoice {
  return { peer, goes: elapsed(peer.connectedAt, now) >= LEAST_CONNECTED && peer.inFlight === 0 };
}
