import type { Logger } from "../base/logger.ts";

/** Of so many peers, the last ones; a wrong one is outvoted, and what was is forgotten. */
const SAMPLES_MAX = 50;
/** Fewer say nothing: one or two in one hand would be most of them. */
const SAMPLES_MIN = 5;
const WARN_MINUTES = 10;

const OUT_OF_SYNC = "Your computer's date and time appear to be more than " +
  `${WARN_MINUTES} minutes out of sync with the network, ` +
  "this may lead to consensus failure. After you've confirmed your computer's clock, this message " +
  "should no longer appear when you restart your node. Without a restart, it should stop showing " +
  "automatically after you've connected to a sufficient number of new outbound peers, which may " +
  "take some time. You can inspect the `timeoffset` field of the `getpeerinfo` and `getnetworkinfo` " +
  "RPC methods to get more info.";

/**
 * How far the clocks of those that we chose to dial are from ours, for the operator to know: nothing in
 * the node goes by it. Those that dial us are not asked, since anyone could have many do so.
 *
 * Source: Bitcoin Core, node/timeoffsets.cpp.
 */
export class TimeOffsets {
  readonly #logger: Logger;
  readonly #raised: (text: string) => void;
  /** Seconds that they are ahead, oldest first. */
  readonly #samples: number[] = [];
  #isOutOfSync = false;

  /** `raised` is called when the warning is new, or again after it had gone. */
  constructor(logger: Logger, raised: (text: string) => void) {
    this.#logger = logger;
    this.#raised = raised;
  }

  /** In seconds; zero while there are too few. */
  get median(): number {
    if (this.#samples.length < SAMPLES_MIN) return 0;
    const sorted = this.#samples.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  get warning(): string | undefined {
    return this.#isOutOfSync ? OUT_OF_SYNC : undefined;
  }

  /** `seconds`: by how much the clock of an outbound peer is ahead of ours. */
  add(seconds: number): void {
    if (this.#samples.length >= SAMPLES_MAX) this.#samples.shift();
    this.#samples.push(seconds);
    const sign = seconds < 0 ? "" : "+";
    this.#logger.debug("net", () => `Added time offset ${sign}${seconds}s, total samples ${this.#samples.length}`);
    const wasOutOfSync = this.#isOutOfSync;
    this.#isOutOfSync = Math.abs(this.median) > WARN_MINUTES * 60;
    if (this.#isOutOfSync && !wasOutOfSync) this.#raised(OUT_OF_SYNC);
  }
}
