import { addDuration, elapsed, type Instant, milliseconds } from "./time.ts";

/** Lets through so many at once, and so many a second in the long run. */
export interface BucketRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A bucket of tokens that fills with time: each that is let through takes one. */
export class TokenBucket {
  readonly #rate: BucketRate;
  #tokens: number;
  #filledAt: Instant;

  constructor(rate: BucketRate, now: Instant) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /** Takes a token; false when there is none. */
  take(now: Instant): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Nothing has been taken for as long as it needs to fill: a new one would be no different. */
  isFull(now: Instant): boolean {
    this.#fill(now);
    return this.#tokens >= this.#rate.burst;
  }

  /** When there is a token again, if nobody takes one before. */
  nextAt(now: Instant): Instant {
    this.#fill(now);
    const missing = Math.max(0, 1 - this.#tokens);
    return addDuration(now, milliseconds(Math.ceil((missing / this.#rate.perSecond) * 1000)));
  }

  #fill(now: Instant): void {
    // A mock clock may step back.
    const gained = (Math.max(0, elapsed(this.#filledAt, now)) / 1000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + gained);
    this.#filledAt = now;
  }
}
