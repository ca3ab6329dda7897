import type { Bytes } from "../base/bytes.ts";
import { NO_BYTES } from "../base/bytes.ts";

/**
 * A stretch of bytes whose length is known, and which arrives in pieces.
 *
 * Room for it doubles as it fills, so that copying stays in proportion to what has arrived, and so does
 * memory, whatever length was announced.
 */
export class PartialStretch {
  readonly length: number;
  #bytes: Bytes = NO_BYTES;
  #filled = 0;

  constructor(length: number) {
    this.length = length;
  }

  get isWhole(): boolean {
    return this.#filled === this.length;
  }

  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Once it is whole: memory of its own, and no more than that. */
  get bytes(): Bytes {
    return this.#bytes;
  }

  /** Goes on with `bytes` from `start` on; returns the offset behind what was taken. */
  take(bytes: Bytes, start: number): number {
    const end = Math.min(bytes.length, start + this.length - this.#filled);
    this.#reserve(this.#filled + end - start);
    this.#bytes.set(bytes.subarray(start, end), this.#filled);
    this.#filled += end - start;
    return end;
  }

  #reserve(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.length, Math.max(needed, 2 * this.#bytes.length)));
    grown.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = grown;
  }
}
