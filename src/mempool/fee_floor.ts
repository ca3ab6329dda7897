/**
 * What a transaction must pay while the pool is full, and for a while after.
 *
 * Each eviction lifts the floor over what was evicted, so that no one can push others out for
 * free again and again. Once a block has come since, it halves every twelve hours, faster when
 * the pool is far from full (Bitcoin Core: txmempool.cpp, GetMinFee).
 *
 * @module
 */
import type { UnixSeconds } from "../base/time.ts";

const HALFLIFE_SECONDS = 12 * 60 * 60;

/** The floor is lowered no more often than this. */
const DECAY_STEP_SECONDS = 10;

export class FeeFloor {
  /** Satoshi per 1,000 virtual bytes by which a newcomer must beat what was evicted. */
  readonly #incrementalRate: number;
  #rate = 0;
  #loweredAt = 0 as UnixSeconds;
  #hasBlockSinceRaise = false;

  constructor(incrementalRate: number) {
    this.#incrementalRate = incrementalRate;
  }

  /** Something that paid `rate` was evicted. */
  raise(rate: number): void {
    const raised = rate + this.#incrementalRate;
    if (raised <= this.#rate) return;
    this.#rate = raised;
    this.#hasBlockSinceRaise = false;
  }

  blockConnected(now: UnixSeconds): void {
    this.#loweredAt = now;
    this.#hasBlockSinceRaise = true;
  }

  /** Satoshi per 1,000 virtual bytes, zero for none; `fullness` is the share of the pool in use, 0 to 1. */
  current(now: UnixSeconds, fullness: number): number {
    if (this.#rate === 0) return 0;
    if (!this.#hasBlockSinceRaise) return Math.round(this.#rate);
    if (now > this.#loweredAt + DECAY_STEP_SECONDS) this.#lower(now, fullness);
    return this.#rate === 0 ? 0 : Math.max(Math.round(this.#rate), this.#incrementalRate);
  }

  #lower(now: UnixSeconds, fullness: number): void {
    const divisor = fullness < 1 / 4 ? 4 : fullness < 1 / 2 ? 2 : 1;
    this.#rate /= 2 ** ((now - this.#loweredAt) / (HALFLIFE_SECONDS / divisor));
    this.#loweredAt = now;
    if (this.#rate < this.#incrementalRate / 2) this.#rate = 0;
  }
}
