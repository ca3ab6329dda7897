import type { Brand } from "./brand.ts";

/**
 * A point on the node's clock, in milliseconds since 1970-01-01 UTC, with fractions.
 *
 * The driver's clock starts at the wall clock and never steps back; under `setmocktime` it stands
 * where it was set, and may be set back.
 */
export type Instant = Brand<number, "Instant">;

/** A length of time in milliseconds. */
export type Duration = Brand<number, "Duration">;

/** Seconds since 1970-01-01 UTC, as carried in headers and `version` messages. */
export type UnixSeconds = Brand<number, "UnixSeconds">;

/**
 * The only way any module below `io/` learns the time.
 *
 * `SystemClock` (io/system_clock.ts) in production, `VirtualClock` (sim/virtual_clock.ts) in the
 * simulator and in tests; `node/mock_clock.ts` lays `setmocktime` over either.
 */
export interface Clock {
  /** For timers and round trips. Never decreases, but for `setmocktime`. */
  now(): Instant;
  /** For what is sent to others. May jump either way: the operator can set the wall clock. */
  unixTime(): UnixSeconds;
}

export function milliseconds(count: number): Duration {
  return count as Duration;
}

export function seconds(count: number): Duration {
  return milliseconds(count * 1000);
}

export function minutes(count: number): Duration {
  return seconds(count * 60);
}

export function hours(count: number): Duration {
  return minutes(count * 60);
}

export function days(count: number): Duration {
  return hours(count * 24);
}

export function addDuration(at: Instant, length: Duration): Instant {
  return (at + length) as Instant;
}

export function elapsed(from: Instant, to: Instant): Duration {
  return (to - from) as Duration;
}

/** The earlier of two moments, either of which may be 'never'. */
export function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}

export function toUnixSeconds(at: Instant): UnixSeconds {
  return Math.floor(at / 1000) as UnixSeconds;
}
