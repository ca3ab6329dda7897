import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How finely turns are measured, in milliseconds: shorter ones are not seen. */
const RESOLUTION = 5;

/** In milliseconds: by how much a timer came late because the loop was busy. */
export interface LoopDelays {
  readonly longest: number;
  readonly p99: number;
  readonly mean: number;
}

/** Watches how long turns of the event loop hold up everything else. */
export class EventLoopMonitor {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.#histogram.enable();
  }

  /** Since the start, or the last `reset`. */
  get delays(): LoopDelays {
    return {
      longest: this.#late(this.#histogram.max),
      p99: this.#late(this.#histogram.percentile(99)),
      mean: this.#late(this.#histogram.mean),
    };
  }

  /** Starts anew with the next timer: what holds the loop at once after this is not seen. */
  reset(): void {
    this.#histogram.reset();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** The histogram has the whole interval between two timers, in nanoseconds. */
  #late(nanoseconds: number): number {
    if (this.#histogram.count === 0 || Number.isNaN(nanoseconds)) return 0;
    return Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  }
}
