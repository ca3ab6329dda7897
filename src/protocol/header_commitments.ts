import { assert } from "../base/assert.ts";

const BYTES_MIN = 16;

/** Bits in the order in which they were pushed: one commits to each so many headers of a chain. */
export class HeaderCommitments {
  readonly #bytesMax: number;
  #bits = new Uint8Array(0);
  #pushed = 0;
  #taken = 0;

  /** More than `bitsMax` are never pushed. */
  constructor(bitsMax: number) {
    this.#bytesMax = Math.ceil(bitsMax / 8);
  }

  /** Bits that are left. */
  get size(): number {
    return this.#pushed - this.#taken;
  }

  get bytes(): number {
    return this.#bits.length;
  }

  push(bit: number): void {
    const at = this.#pushed++;
    if (at >> 3 === this.#bits.length) this.#grow();
    if (bit !== 0) this.#bits[at >> 3] = (this.#bits[at >> 3] as number) | (1 << (at & 7));
  }

  /** The oldest bit that is left; `undefined` when none is. */
  shift(): number | undefined {
    if (this.size === 0) return undefined;
    const at = this.#taken++;
    return ((this.#bits[at >> 3] as number) >> (at & 7)) & 1;
  }

  #grow(): void {
    assert(this.#bits.length < this.#bytesMax, "no more bits are pushed than were to be");
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(BYTES_MIN, 2 * this.#bits.length)));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
