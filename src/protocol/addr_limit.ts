import { elapsed, type Instant } from "../base/time.ts";

/** Addresses a second that a peer may go on telling us, in the long run. */
const RATE_PER_SECOND = 0.1;
/** What can be saved up; our `getaddr` adds as much once more, beyond this. */
const ADDR_TOKENS_MAX = 1000;

/** How many addresses of one peer we still look at: a bucket of tokens that fills with time. */
export class AddrLimit {
  #tokens = 1;
  #filledAt: Instant;

  constructor(now: Instant) {
    this.#filledAt = now;
  }

  /** We asked for addresses: that many more are welcome. */
  expectAnswer(): void {
    this.#tokens += ADDR_TOKENS_MAX;
  }

  fill(now: Instant): void {
    if (this.#tokens < ADDR_TOKENS_MAX) {
      const gained = (Math.max(0, elapsed(this.#filledAt, now)) / 1000) * RATE_PER_SECOND;
      this.#tokens = Math.min(this.#tokens + gained, ADDR_TOKENS_MAX);
    }
    this.#filledAt = now;
  }

  /** Uses up one token; false when there is none. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
