import type { Logger } from "../base/logger.ts";

/** How often the loop is looked at. */
const LOOK_INTERVAL_MS = 1_000;

/**
 * A turn this long is worth a line: it is a quarter of the shortest wait after which
 * peers give up on each other (2 s, for a block that holds up the sync).
 */
export const LAG_WARNED_MS = 500;

/** A loop that is held again and again is told of once in this time. */
const WARNING_INTERVAL_MS = 60_000;

/**
 * Tells the operator when something holds the event loop so long that peers notice: a slow disk, a
 * machine that is too busy, or a bug of ours. `geteventloopdelay` has the figures.
 */
export class LagAlarm {
  readonly #logger: Logger;
  readonly #interval: number;
  readonly #timer: NodeJS.Timeout;
  #lookedAt = performance.now();
  #warnedAt = Number.NEGATIVE_INFINITY;
  /** Turns that were too long and not told of yet, and the longest of them. */
  #count = 0;
  #longest = 0;

  constructor(logger: Logger, interval = LOOK_INTERVAL_MS) {
    this.#logger = logger;
    this.#interval = interval;
    this.#timer = setInterval(() => this.#look(performance.now()), interval);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    const lag = now - this.#lookedAt - this.#interval;
    this.#lookedAt = now;
    if (lag >= LAG_WARNED_MS) {
      this.#count += 1;
      this.#longest = Math.max(this.#longest, lag);
    }
    if (this.#count === 0 || now - this.#warnedAt < WARNING_INTERVAL_MS) return;
    const times = this.#count === 1 ? "" : `, ${this.#count} times, the longest`;
    const length = Math.round(this.#longest);
    this.#logger.warning(`The event loop was held${times} for ${length} ms: peers wait meanwhile`);
    this.#warnedAt = now;
    this.#count = 0;
    this.#longest = 0;
  }
}
