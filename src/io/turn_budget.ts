/**
 * Milliseconds of steps after which what can wait is left for the next turn of the event loop. The longest
 * step takes some 25, and there is more in a turn than steps; nobody is to wait for 50.
 */
const TURN_MS = 10;

/** Shorter steps are not counted: there are thousands of them, and no turn has that many. */
const COUNTED_MS = 0.25;

/** Keeps turns of the event loop short, by telling when one has had its share. */
export class TurnBudget {
  readonly #nextTurn: () => void;
  #spent = 0;
  #isCounting = false;

  /** `nextTurn` is called when there is time again, after a turn in which some was spent. */
  constructor(nextTurn: () => void) {
    this.#nextTurn = nextTurn;
  }

  get isSpent(): boolean {
    return this.#spent >= TURN_MS;
  }

  run(step: () => void): void {
    const began = performance.now();
    try {
      step();
    } finally {
      this.#count(performance.now() - began);
    }
  }

  #count(milliseconds: number): void {
    if (milliseconds < COUNTED_MS) return;
    this.#spent += milliseconds;
    if (this.#isCounting) return;
    this.#isCounting = true;
    // The first comes at the end of this turn, where other immediates do too; the second in the next.
    setImmediate(() => setImmediate(() => this.#reset()));
  }

  #reset(): void {
    this.#isCounting = false;
    this.#spent = 0;
    this.#nextTurn();
  }
}
