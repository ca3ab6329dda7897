import type { Clock, Instant, UnixSeconds } from "../base/time.ts";

/** The real time of this process. */
export class SystemClock implements Clock {
  /** Starts at the wall clock and runs on the machine's monotonic one, so that it never steps back. */
  now(): Instant {
    return (performance.timeOrigin + performance.now()) as Instant;
  }

  unixTime(): UnixSeconds {
    return Math.floor(Date.now() / 1000) as UnixSeconds;
  }
}
