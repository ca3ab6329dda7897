import type { Clock, Instant, UnixSeconds } from "../base/time.ts";

/**
 * The node's clock: the driver's, unless `setmocktime` has stopped it at a moment of its choice.
 *
 * While set, every timer and every check of time sees the mock time, which may be set back too.
 */
export class MockClock implements Clock {
  readonly #real: Clock;
  #mockTime: UnixSeconds | undefined;

  /** `mockTime` in seconds since 1970; zero for the real clock. */
  constructor(real: Clock, mockTime: number) {
    this.#real = real;
    this.set(mockTime);
  }

  set(mockTime: number): void {
    this.#mockTime = mockTime === 0 ? undefined : (mockTime as UnixSeconds);
  }

  /** Seconds since 1970, or `undefined` while the real clock runs. */
  get mockTime(): UnixSeconds | undefined {
    return this.#mockTime;
  }

  now(): Instant {
    return this.#mockTime === undefined ? this.#real.now() : ((this.#mockTime * 1000) as Instant);
  }

  unixTime(): UnixSeconds {
    return this.#mockTime ?? this.#real.unixTime();
  }
}
