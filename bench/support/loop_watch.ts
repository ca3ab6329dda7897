/** How often the loop is looked at, in milliseconds. */
const INTERVAL = 2;

/** Longer than this, and others notice (house rule: no turn holds the loop longer). */
const LONG_TURN = 50;

/** Watches how long other things hold the event loop, by how late a timer comes. */
export class LoopWatch {
  readonly #late: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#late.push(Math.max(0, now - this.#last - INTERVAL));
      this.#last = now;
    }, INTERVAL);
  }

  /** In milliseconds. The 99th percentile is over what was seen, not over time. */
  stop(): { readonly longest: number; readonly p99: number; readonly over50: number } {
    clearInterval(this.#timer);
    const late = this.#late.toSorted((a, b) => a - b);
    return {
      longest: late.at(-1) ?? 0,
      p99: late[Math.floor(late.length * 0.99)] ?? 0,
      over50: late.filter((each) => each > LONG_TURN).length,
    };
  }
}
