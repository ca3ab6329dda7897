import type { Instant } from "../base/time.ts";

/** Whose alarm it is. `mockTime` is defined while `setmocktime` is in force. */
export interface Sleeper {
  readonly clock: { now(): Instant; readonly mockTime?: number | undefined };
  wakeAt(): Instant | undefined;
}

/** While the mock clock is set, the sleeper looks at the time at least this often. */
const MOCK_POLL_INTERVAL_MS = 100;

/** `setTimeout` takes no longer waits. */
const WAIT_MAX_MS = 2 ** 31 - 1;

/** Sees to it that a core is woken when it asked for it. */
export class WakeAlarm {
  readonly #sleeper: Sleeper;
  readonly #wake: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer rings, on the machine's own clock. */
  #ringsAt = Number.POSITIVE_INFINITY;
  #immediate: NodeJS.Immediate | undefined;

  constructor(sleeper: Sleeper, wake: () => void) {
    this.#sleeper = sleeper;
    this.#wake = wake;
  }

  /** To be called after every step, since each may have changed what the core waits for. */
  set(): void {
    const { clock } = this.#sleeper;
    const wakeAt = this.#sleeper.wakeAt();
    let wait = wakeAt === undefined ? Number.POSITIVE_INFINITY : wakeAt - clock.now();
    if (wait <= 0) return this.#ringAfterIo();
    if (clock.mockTime !== undefined) wait = Math.min(wait, MOCK_POLL_INTERVAL_MS);
    if (wait === Number.POSITIVE_INFINITY) this.#cancelTimer();
    else this.#ringIn(Math.min(Math.ceil(wait), WAIT_MAX_MS));
  }

  cancel(): void {
    this.#cancelTimer();
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  #ringAfterIo(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      this.#wake();
    });
  }

  /** A timer that rings earlier is left as it is: it costs a step that has nothing to do. */
  #ringIn(wait: number): void {
    const at = performance.now() + wait;
    if (at >= this.#ringsAt) return;
    clearTimeout(this.#timer);
    this.#ringsAt = at;
    this.#timer = setTimeout(() => {
      this.#ringsAt = Number.POSITIVE_INFINITY;
      this.#wake();
    }, wait);
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#ringsAt = Number.POSITIVE_INFINITY;
  }
}
