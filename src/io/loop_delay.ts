/**
 * How long the event loop is held, by how late a timer comes: everything counts, garbage collection
 * and other processes too.
 *
 * @module
 */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { LoopDelays } from "../rpc/rpc_host.ts";

/** Milliseconds between two looks at the loop: a shorter turn than this is not seen. */
const RESOLUTION_MS = 10;

/** Percentiles that an operator asks for. */
const [HALF, NEARLY_ALL] = [50, 99];

export class LoopDelay {
  readonly #histogram: IntervalHistogram;
  #since = performance.now();

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  /** Since the start, or since `reset`. */
  read(): LoopDelays {
    const { count, max, mean } = this.#histogram;
    return {
      seconds: (performance.now() - this.#since) / 1000,
      looks: count,
      mean: count === 0 ? 0 : late(mean),
      median: late(this.#histogram.percentile(HALF)),
      p99: late(this.#histogram.percentile(NEARLY_ALL)),
      longest: late(max),
    };
  }

  reset(): void {
    this.#histogram.reset();
    this.#since = performance.now();
  }

  close(): void {
    this.#histogram.disable();
  }
}

/** Milliseconds above the interval itself, from nanoseconds with it. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
