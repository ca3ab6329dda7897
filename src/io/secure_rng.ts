import { randomFillSync } from "node:crypto";
import type { Rng } from "../base/rng.ts";

/** A call to the system costs about the same for four bytes as for this many words. */
const BUFFERED_WORDS = 256;

/** Numbers that nobody can foresee: from the system's generator, fetched some at a time. */
export class SecureRng implements Rng {
  readonly #words = new Uint32Array(BUFFERED_WORDS);
  #used = BUFFERED_WORDS;

  u32(): number {
    if (this.#used === BUFFERED_WORDS) {
      randomFillSync(this.#words);
      this.#used = 0;
    }
    const word = this.#words[this.#used] as number;
    // What was given out must not be found in memory later.
    this.#words[this.#used++] = 0;
    return word;
  }
}
