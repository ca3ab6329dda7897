import { addDuration, type Clock, type Duration, elapsed, type Instant, milliseconds, seconds } from "../base/time.ts";

/** Addresses that dialling has failed at; beyond this the one that failed longest ago is forgotten. */
const ADDRESS_COUNT_MAX = 2000;

/** Waits between nodes of one machine. */
export const LOCAL_WAIT = { first: milliseconds(200), longest: seconds(10) };

/** A connection that lasted less counts as a failure: who drops us at once is not to be dialled in a loop. */
const LASTED_MIN = seconds(10);

interface Failures {
  readonly count: number;
  readonly dueAt: Instant;
}

/** When to dial an address again: each failure in a row doubles the wait, up to a limit. */
export class DialBackoff {
  readonly #clock: Clock;
  readonly #first: Duration;
  readonly #longest: Duration;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, wait: { readonly first: Duration; readonly longest: Duration }) {
    this.#clock = clock;
    this.#first = wait.first;
    this.#longest = wait.longest;
  }

  /** From when on it may be dialled; `undefined` for at once. */
  dueAt(key: string): Instant | undefined {
    return this.#failures.get(key)?.dueAt;
  }

  isDue(key: string): boolean {
    const dueAt = this.dueAt(key);
    return dueAt === undefined || dueAt <= this.#clock.now();
  }

  failed(key: string): void {
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    const wait = Math.min(this.#longest, this.#first * 2 ** (count - 1)) as Duration;
    // Taken out first, so that the map stays in order of the last failure.
    this.#failures.delete(key);
    this.#failures.set(key, { count, dueAt: addDuration(this.#clock.now(), wait) });
    if (this.#failures.size > ADDRESS_COUNT_MAX) this.#forgetOldest();
  }

  /** A connection has ended that there was since `connectedAt`: the first wait, if it lasted. */
  ended(key: string, connectedAt: Instant): void {
    if (elapsed(connectedAt, this.#clock.now()) >= LASTED_MIN) this.#failures.delete(key);
    this.failed(key);
  }

  /** All may be dialled at once. */
  clear(): void {
    this.#failures.clear();
  }

  #forgetOldest(): void {
    for (const key of this.#failures.keys()) {
      this.#failures.delete(key);
      return;
    }
  }
}
