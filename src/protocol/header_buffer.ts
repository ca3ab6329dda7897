import { assert } from "../base/assert.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { HASH_BYTES } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";

/** A header without its parent's hash, which the one before it tells. */
const ROW_BYTES = HEADER_BYTES - HASH_BYTES;
/** Bytes of a header before and up to its parent's hash. */
const PREVIOUS_OFFSET = 4;
const AFTER_PREVIOUS = PREVIOUS_OFFSET + HASH_BYTES;
const ROWS_MIN = 64;

/** A queue of headers, each the child of the one before, in 48 bytes each. */
export class HeaderBuffer {
  readonly #rowsMax: number;
  /** A ring. */
  #rows = new Uint8Array(0);
  #head = 0;
  #size = 0;
  /** The parent of the oldest header. */
  #before: BlockHash;

  /** `before`: the parent of the first header. `rowsMax`: more are never held at once. */
  constructor(before: BlockHash, rowsMax: number) {
    this.#before = before;
    this.#rowsMax = rowsMax;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#rows.length;
  }

  push({ bytes }: BlockHeader): void {
    if (this.#size === this.#capacity) this.#grow();
    const at = this.#offset(this.#size++);
    this.#rows.set(bytes.subarray(0, PREVIOUS_OFFSET), at);
    this.#rows.set(bytes.subarray(AFTER_PREVIOUS), at + PREVIOUS_OFFSET);
  }

  /** The oldest header. */
  shift(): BlockHeader {
    assert(this.#size > 0, "headers are taken while there are some");
    const at = this.#offset(0);
    const bytes = new Uint8Array(HEADER_BYTES);
    bytes.set(this.#rows.subarray(at, at + PREVIOUS_OFFSET));
    bytes.set(this.#before, PREVIOUS_OFFSET);
    bytes.set(this.#rows.subarray(at + PREVIOUS_OFFSET, at + ROW_BYTES), AFTER_PREVIOUS);
    const header = new BlockHeader(bytes);
    this.#before = header.hash;
    this.#head = (this.#head + 1) % this.#capacity;
    this.#size--;
    return header;
  }

  get #capacity(): number {
    return this.#rows.length / ROW_BYTES;
  }

  #offset(index: number): number {
    return ((this.#head + index) % this.#capacity) * ROW_BYTES;
  }

  #grow(): void {
    const capacity = this.#capacity;
    assert(capacity < this.#rowsMax, "no more headers wait than were to");
    const grown = new Uint8Array(Math.min(this.#rowsMax, Math.max(ROWS_MIN, 2 * capacity)) * ROW_BYTES);
    const toEnd = this.#rows.subarray(this.#head * ROW_BYTES);
    grown.set(toEnd);
    grown.set(this.#rows.subarray(0, this.#head * ROW_BYTES), toEnd.length);
    this.#rows = grown;
    this.#head = 0;
  }
}
