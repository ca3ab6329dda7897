import { assert } from "../base/assert.ts";
import {
  addDuration, type Clock, type Duration, type Instant, toUnixSeconds, type UnixSeconds,
} from "../base/time.ts";

/** A clock that stands still until told to move. */
export class VirtualClock implements Clock {
  #now: Instant;

  constructor(start: UnixSeconds) {
    this.#now = (start * 1000) as Instant;
  }

  now(): Instant {
    return this.#now;
  }

  unixTime(): UnixSeconds {
    return toUnixSeconds(this.#now);
  }

  advance(length: Duration): void {
    assert(length >= 0, "time does not run backwards");
    this.#now = addDuration(this.#now, length);
  }

  /** To a moment that is not past. */
  advanceTo(at: Instant): void {
    this.advance((at - this.#now) as Duration);
  }
}
