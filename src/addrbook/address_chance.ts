/**
 * What an address is worth: when to give it up, and how eagerly to dial it.
 *
 * Source: Bitcoin Core, addrman.cpp, AddrInfo::IsTerrible and AddrInfo::GetChance.
 *
 * @module
 */
import { days, elapsed, type Instant, minutes, type UnixSeconds } from "../base/time.ts";

const STALE_SECONDS = 30 * 24 * 60 * 60;
const FUTURE_SECONDS = 10 * 60;
/** Attempts without one success, ever. */
const ATTEMPTS_NEVER_MAX = 3;
/** Attempts without success in the last week. */
const ATTEMPTS_LATELY_MAX = 10;
const LATELY = days(7);
const JUST_TRIED = minutes(1);
const RECENTLY_TRIED = minutes(10);
const RECENTLY_TRIED_FACTOR = 0.01;
const ATTEMPT_FACTOR = 0.66;
const ATTEMPTS_COUNTED_MAX = 8;

export interface AddressHistory {
  /** Unix seconds at which it was last heard of. */
  readonly time: number;
  readonly triedAt: Instant | undefined;
  readonly succeededAt: Instant | undefined;
  /** Since the last success. */
  readonly attempts: number;
}

/** Whether it is neither worth dialling nor worth telling of. */
export function isTerrible(history: AddressHistory, now: Instant, unixTime: UnixSeconds): boolean {
  const { time, triedAt, succeededAt, attempts } = history;
  // Not in the middle of an attempt.
  if (triedAt !== undefined && elapsed(triedAt, now) <= JUST_TRIED) return false;
  if (time > unixTime + FUTURE_SECONDS || time < unixTime - STALE_SECONDS) return true;
  if (succeededAt === undefined) return attempts >= ATTEMPTS_NEVER_MAX;
  return elapsed(succeededAt, now) > LATELY && attempts >= ATTEMPTS_LATELY_MAX;
}

/** From 0 to 1: how likely a draw that hits it keeps it. */
export function chanceOf({ triedAt, attempts }: AddressHistory, now: Instant): number {
  const isRecent = triedAt !== undefined && elapsed(triedAt, now) < RECENTLY_TRIED;
  return (isRecent ? RECENTLY_TRIED_FACTOR : 1) * ATTEMPT_FACTOR ** Math.min(attempts, ATTEMPTS_COUNTED_MAX);
}
