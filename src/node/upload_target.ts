import type { Clock } from "../base/time.ts";
import type { UploadLimit } from "../protocol/upload_limit.ts";

/** Bytes are counted anew each day. */
const CYCLE_SECONDS = 24 * 60 * 60;
/** Room is kept for the longest blocks, one in each ten minutes that are left: new ones are always sent. */
const NEW_BLOCK_SECONDS = 10 * 60;
const NEW_BLOCK_BYTES = 4_000_000;

export interface UploadReport {
  /** Seconds. */
  readonly cycle: number;
  /** Bytes to send at most in each cycle; zero for any number. */
  readonly target: number;
  readonly isReached: boolean;
  readonly servesHistory: boolean;
  /** Zero without a target. */
  readonly bytesLeft: number;
  readonly secondsLeft: number;
}

/**
 * Keeps count of what is sent each day against what the operator will pay for (`-maxuploadtarget`). What the
 * network needs to go on is sent all the same; others' old blocks are not.
 *
 * Source: Bitcoin Core, net.cpp, OutboundTargetReached.
 */
export class UploadTarget implements UploadLimit {
  readonly #clock: Clock;
  readonly #target: number;
  /** When the cycle began; `undefined` before anything was sent. */
  #since: number | undefined;
  #sent = 0;

  /** `target`: bytes a day, or zero for no limit. */
  constructor(clock: Clock, target: number) {
    this.#clock = clock;
    this.#target = target;
  }

  sent(bytes: number): void {
    const now = this.#clock.unixTime();
    if (this.#since === undefined || this.#since + CYCLE_SECONDS < now) {
      this.#since = now;
      this.#sent = 0;
    }
    this.#sent += bytes;
  }

  isReached(forHistory: boolean): boolean {
    if (this.#target === 0) return false;
    const kept = forHistory ? Math.floor(this.#secondsLeft() / NEW_BLOCK_SECONDS) * NEW_BLOCK_BYTES : 0;
    return this.#sent >= this.#target - kept;
  }

  report(): UploadReport {
    const isLimited = this.#target > 0;
    return {
      cycle: CYCLE_SECONDS,
      target: this.#target,
      isReached: this.isReached(false),
      servesHistory: !this.isReached(true),
      bytesLeft: isLimited ? Math.max(0, this.#target - this.#sent) : 0,
      secondsLeft: isLimited ? this.#secondsLeft() : 0,
    };
  }

  #secondsLeft(): number {
    if (this.#since === undefined) return CYCLE_SECONDS;
    return Math.max(0, this.#since + CYCLE_SECONDS - this.#clock.unixTime());
  }
}
