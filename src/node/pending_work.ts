import { assert } from "../base/assert.ts";

/**
 * Work that is done elsewhere and answered in a later turn: each piece has a number, and knows how
 * to go on.
 *
 * Not bounded by itself: each of its users bounds how many it has out (one block, one transaction
 * or one read a peer).
 */
export class PendingWork<Answer> {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  get size(): number {
    return this.#waiting.size;
  }

  /** Returns the number under which the answer will come. */
  add(done: (answer: Answer) => void): number {
    const number = this.#next++;
    this.#waiting.set(number, done);
    return number;
  }

  answered(number: number, answer: Answer): void {
    const done = this.#waiting.get(number);
    assert(done !== undefined, `answer ${number} to a question that was asked`);
    this.#waiting.delete(number);
    done(answer);
  }
}
