import { elapsed, type Instant } from "../base/time.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import type { HeaderPeer } from "./header_peer.ts";

/** Nobody announces more blocks at once by their headers (BIP130): these cost a peer nothing. */
const ANNOUNCEMENT_MAX = 8;

/**
 * Headers that a peer may send for nothing, at once and again in each second: those that nobody asked for, that
 * do not follow what it sent before, or that lead no further. Each is to be hashed and looked up all the same;
 * ten full messages of such are more than any honest peer sends.
 */
export const USELESS_HEADERS_MAX = 10 * HEADERS_COUNT_MAX;
const USELESS_HEADERS_PER_SECOND = 100;

/** Takes `count` useless headers out of what the peer may send. False when that is used up. */
export function spendAllowance(state: HeaderPeer, count: number, now: Instant): boolean {
  if (count <= ANNOUNCEMENT_MAX) return true;
  const grown = (elapsed(state.allowanceAt, now) / 1000) * USELESS_HEADERS_PER_SECOND;
  state.allowance = Math.min(USELESS_HEADERS_MAX, state.allowance + Math.max(0, grown));
  state.allowanceAt = now;
  if (state.allowance < count) return false;
  state.allowance -= count;
  return true;
}
